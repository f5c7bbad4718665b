//! A whole list as CSV (RFC 4180) for whoever asks with `Accept: text/csv`, streamed page by page: memory stays the
//! same whatever the list's length. Cells that a spreadsheet would run as formulas are neutralised by a leading
//! apostrophe (P8).

use crate::{
    db::{Conn, Db},
    error::{ApiError, ApiResult},
};
use actix_web::{
    HttpRequest, HttpResponse,
    http::header,
    web::{Bytes, Data},
};
use contract::page::{MAX_LIMIT, Page};
use futures_util::{StreamExt, stream};
use std::sync::Arc;

/// An entry of a list that can be a line.
pub trait CsvRow: Send + 'static {
    /// The names of the columns.
    const HEAD: &'static [&'static str];
    /// The cells, one a column.
    fn cells(self) -> Vec<String>;
}

/// Entries of a page that is read for a line each.
pub const PAGE: Option<u32> = Some(MAX_LIMIT);

/// Whether the request asks for CSV rather than JSON.
pub fn is_wanted(request: &HttpRequest) -> bool {
    let accepted = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let mut kinds = accepted.unwrap_or_default().split(',');
    kinds.any(|kind| kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("text/csv"))
}

/// Streams every page that `read` gives for a cursor, from the first to the last, as a file of that name. An error
/// in the middle breaks the answer off, so that no client takes a part for the whole.
pub fn stream<T: CsvRow>(
    db: Data<Db>,
    name: &str,
    read: impl Fn(&mut Conn, Option<&str>) -> ApiResult<Page<T>> + Send + Sync + 'static,
) -> HttpResponse {
    let read = Arc::new(read);
    let pages = stream::try_unfold(Some(None::<String>), move |cursor| {
        let (db, read) = (db.clone(), Arc::clone(&read));
        async move {
            let Some(cursor) = cursor else { return Ok(None) };
            let page = db.run(move |conn| read(conn, cursor.as_deref())).await?;
            let lines = lines(page.data.into_iter().map(T::cells))?;
            Ok::<_, ApiError>(Some((lines, page.page.next.map(Some))))
        }
    });
    let head = stream::iter([lines([T::HEAD.iter().map(|name| (*name).to_owned()).collect()])]);
    HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8; header=present")
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.csv\"")))
        .streaming(head.chain(pages))
}

fn lines(rows: impl IntoIterator<Item = Vec<String>>) -> ApiResult<Bytes> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for row in rows {
        writer.write_record(row.into_iter().map(neutral)).map_err(ApiError::internal)?;
    }
    Ok(Bytes::from(writer.into_inner().map_err(ApiError::internal)?))
}

/// The cell as no spreadsheet takes it for a formula.
fn neutral(cell: String) -> String {
    let is_formula = cell
        .trim_start_matches([' ', '\u{a0}', '\u{3000}'])
        .starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}']);
    if is_formula { format!("'{cell}") } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// P8.
    #[test]
    fn a_formula_in_a_cell_is_text_in_the_spreadsheet() {
        let line = |cell: &str| String::from_utf8(lines([vec![cell.to_owned()]]).unwrap().to_vec()).unwrap();
        assert_eq!(line("=cmd|' /C calc'!A0"), "'=cmd|' /C calc'!A0\r\n");
        assert_eq!(line("a\"b,c"), "\"a\"\"b,c\"\r\n");
        assert_eq!(line("a=b"), "a=b\r\n");
        for cell in ["+1", "-1", "@x", "\tx", "\r=1", " =1", "＝1"] {
            assert!(line(cell).contains(&format!("'{cell}")), "{cell}");
        }
    }
}
