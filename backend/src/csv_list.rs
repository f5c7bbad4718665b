//! Lists as CSV (RFC 4180) for whoever asks with `Accept: text/csv`. Cells that a spreadsheet would run as formulas
//! are neutralised by a leading apostrophe (P8).

use crate::error::{ApiError, ApiResult};
use actix_web::{HttpRequest, HttpResponse, http::header};

/// Whether the request asks for CSV rather than JSON.
pub fn is_wanted(request: &HttpRequest) -> bool {
    let accepted = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let mut kinds = accepted.unwrap_or_default().split(',');
    kinds.any(|kind| kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("text/csv"))
}

/// A cell that no spreadsheet takes for a formula.
pub fn cell(text: &str) -> String {
    let starts = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    if text.trim_start_matches(' ').starts_with(starts) { format!("'{text}") } else { text.to_owned() }
}

/// Lines of cells as bytes; the first line names the columns.
pub fn lines<const N: usize>(rows: impl IntoIterator<Item = [String; N]>) -> ApiResult<Vec<u8>> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for row in rows {
        writer.write_record(row.iter().map(|text| cell(text))).map_err(ApiError::internal)?;
    }
    writer.into_inner().map_err(ApiError::internal)
}

/// The answer with such lines, as a file of that name.
pub fn answer(name: &str, lines: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8; header=present")
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.csv\"")))
        .body(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// P8.
    #[test]
    fn a_formula_in_a_cell_stays_a_text() {
        for text in ["=cmd|'/c calc'!A1", "+1", "-1", "@x", "\t=1", "\r=1", " =1", "＝1"] {
            assert!(cell(text).starts_with('\''), "{text:?}");
        }
        assert_eq!(cell("a=b"), "a=b");
        let lines = lines([["subject".to_owned()], ["a \"b\", c".to_owned()]]).unwrap();
        assert_eq!(String::from_utf8(lines).unwrap(), "subject\r\n\"a \"\"b\"\", c\"\r\n");
    }
}
