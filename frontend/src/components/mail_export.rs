//! A list as a CSV file (RFC 4180) that a spreadsheet opens without running anything in it. Pure; the pages
//! collect the rows and hand the text to the browser as a download.

/// The text of a CSV file: UTF-8 with a byte order mark, so that spreadsheets read it as such.
pub fn csv(head: &[String], rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut text = String::from("\u{feff}");
    line(&mut text, head);
    for row in rows {
        line(&mut text, &row);
    }
    text
}

fn line(into: &mut String, cells: &[String]) {
    for (place, cell) in cells.iter().enumerate() {
        if place > 0 {
            into.push(',');
        }
        into.push('"');
        // A cell that begins like a formula would be computed when the file is opened: it is marked as text.
        if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
            into.push('\'');
        }
        into.push_str(&cell.replace('"', "\"\""));
        into.push('"');
    }
    into.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// LOG-19.
    #[test]
    fn quotes_commas_and_line_ends_stay_within_their_cell() {
        let text = csv(
            &["From".to_owned(), "Subject".to_owned()],
            [vec!["a \"b\" <c@d>".to_owned(), "one,\r\ntwo".to_owned()]].into_iter(),
        );
        assert_eq!(text, "\u{feff}\"From\",\"Subject\"\r\n\"a \"\"b\"\" <c@d>\",\"one,\r\ntwo\"\r\n");
    }

    #[test]
    fn a_subject_that_looks_like_a_formula_is_text() {
        let text = csv(&[], [vec!["=HYPERLINK(\"http://x\")".to_owned(), "@SUM(A1)".to_owned()]].into_iter());
        assert!(text.contains("\"'=HYPERLINK(\"\"http://x\"\")\",\"'@SUM(A1)\""), "{text}");
    }
}
