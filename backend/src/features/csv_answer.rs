//! A whole list as CSV (RFC 4180), streamed page by page: memory stays the same whatever the list's length.
//! Cells that a spreadsheet would run as a formula are neutralised (P8).

use crate::{
    db::{Conn, Db},
    error::ApiResult,
};
use actix_web::{
    HttpRequest, HttpResponse,
    http::header,
    web::{Bytes, Data},
};
use contract::page::Page;
use futures_util::stream;
use std::sync::Arc;

/// An entry of a list that can be a line.
pub(super) trait CsvRow: Send + 'static {
    /// The names of the columns.
    const HEAD: &'static [&'static str];
    /// The cells, one a column.
    fn cells(&self) -> Vec<String>;
}

/// Whether the request asks for CSV.
pub(super) fn is_wanted(request: &HttpRequest) -> bool {
    let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accept.unwrap_or_default().split(',').any(|kind| {
        let essence = kind.split(';').next().unwrap_or_default();
        essence.trim().eq_ignore_ascii_case("text/csv")
    })
}

/// Streams every page that `read` gives, from the first to the last.
pub(super) fn stream<T: CsvRow>(
    db: Data<Db>,
    name: &str,
    read: impl Fn(&mut Conn, Option<&str>) -> ApiResult<Page<T>> + Send + Sync + 'static,
) -> HttpResponse {
    let read = Arc::new(read);
    let head = T::HEAD.iter().map(|name| (*name).to_owned()).collect();
    let pages = stream::try_unfold(Some(None::<String>), move |cursor| {
        let (db, read) = (db.clone(), Arc::clone(&read));
        async move {
            let Some(cursor) = cursor else { return Ok(None) };
            let page = db.run(move |conn| read(conn, cursor.as_deref())).await?;
            let lines: Vec<Vec<String>> = page.data.iter().map(T::cells).collect();
            Ok::<_, crate::error::ApiError>(Some((lines_of(&lines), page.page.next.map(Some))))
        }
    });
    let head = stream::iter([Ok(lines_of(&[head]))]);
    HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8; header=present")
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .streaming(futures_util::StreamExt::chain(head, pages))
}

fn lines_of(lines: &[Vec<String>]) -> Bytes {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for line in lines {
        // Writing to memory does not fail.
        drop(writer.write_record(line.iter().map(|cell| neutral(cell))));
    }
    Bytes::from(writer.into_inner().unwrap_or_default())
}

/// The cell with a `'` before it if a spreadsheet could take it for a formula.
fn neutral(cell: &str) -> String {
    let is_formula = cell
        .trim_start_matches([' ', '\u{a0}', '\u{3000}'])
        .starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}']);
    if is_formula { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// P8.
    #[test]
    fn a_formula_in_a_subject_is_text_in_the_spreadsheet() {
        let line = |cell: &str| String::from_utf8(lines_of(&[vec![cell.to_owned()]]).to_vec()).unwrap();
        assert_eq!(line("=cmd|' /C calc'!A0"), "'=cmd|' /C calc'!A0\r\n");
        assert_eq!(line("a\"b,c"), "\"a\"\"b,c\"\r\n");
        for cell in ["+1", "-1", "@x", "\tx", " =1", "＝1"] {
            assert!(line(cell).contains(&format!("'{cell}")), "{cell}");
        }
    }
}
