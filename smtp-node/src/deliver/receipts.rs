//! What destination servers have acknowledged, written down in the very moment in which they do, before anything
//! else happens. The spool makes it durable a few milliseconds later, with what is to be told of it; a node that is
//! killed in between finds the receipt when it starts again and does not deliver the message a second time.
//!
//! Receipts are written and not synced: the death of the process spares them, the loss of power may not. And nothing
//! helps where the server has the message and its acknowledgement has not reached us (RFC 1047): then the message is
//! delivered again, because a second copy is better than none.
//!
//! The files lie in `receipts/`, numbered upwards. One is removed when the spool has everything that it says.

use serde::{Deserialize, Serialize};
use std::{
    collections::{HashMap, HashSet},
    fs::{File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Octets after which a new file is begun.
const FULL: u64 = 1024 * 1024;

/// One acknowledgement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The node's id of the message.
    pub id: String,
    /// The recipients, by their place.
    pub places: Vec<usize>,
    /// The server, `host:port`.
    pub host: String,
    /// What it said.
    pub reply: String,
    /// Octets delivered.
    pub size: u64,
}

/// The receipts of a node.
pub struct Receipts {
    folder: PathBuf,
    pages: Mutex<Vec<Page>>,
}

/// A file, and what of it the spool does not have yet.
struct Page {
    number: u64,
    file: File,
    length: u64,
    open: HashSet<(String, usize)>,
}

/// What an earlier run left, by the id of the message.
#[derive(Default)]
pub struct Left {
    receipts: HashMap<String, Vec<Receipt>>,
    files: Vec<PathBuf>,
}

impl Left {
    /// The receipts of a message.
    pub fn of(&self, id: &str) -> &[Receipt] {
        self.receipts.get(id).map_or(&[], Vec::as_slice)
    }

    /// Removes the files, once the spool has what they say.
    pub fn remove(self) {
        for file in self.files {
            if let Err(error) = std::fs::remove_file(&file) {
                tracing::warn!(%error, file = %file.display(), "old receipts could not be removed");
            }
        }
    }
}

impl Receipts {
    /// Opens the folder, and reads what an earlier run left there.
    ///
    /// # Errors
    /// If the folder cannot be read or written.
    pub fn open(data: &Path) -> io::Result<(Self, Left)> {
        let folder = data.join("receipts");
        std::fs::create_dir_all(&folder)?;
        let mut left = Left::default();
        let mut highest = 0;
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            let number = path.file_name().and_then(|name| name.to_str()?.parse::<u64>().ok());
            highest = highest.max(number.unwrap_or(0));
            for line in std::fs::read(&path)?.split(|octet| *octet == b'\n') {
                // The last line may be torn.
                if let Ok(receipt) = serde_json::from_slice::<Receipt>(line) {
                    left.receipts.entry(receipt.id.clone()).or_default().push(receipt);
                }
            }
            left.files.push(path);
        }
        let page = Page::begin(&folder, highest + 1)?;
        Ok((Self { folder, pages: Mutex::new(vec![page]) }, left))
    }

    fn pages(&self) -> MutexGuard<'_, Vec<Page>> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes an acknowledgement down. Where that fails, the spool alone has to remember.
    pub fn note(&self, receipt: &Receipt) {
        let mut pages = self.pages();
        let number = pages.last().map_or(1, |page| page.number + 1);
        if pages.last().is_none_or(|page| page.length >= FULL)
            && let Ok(page) = Page::begin(&self.folder, number)
        {
            pages.push(page);
        }
        let written = pages.last_mut().map_or(Ok(()), |page| page.write(receipt));
        if let Err(error) = written {
            tracing::warn!(%error, id = receipt.id, "a receipt could not be written");
        }
    }

    /// The spool has what became of these recipients.
    pub fn close(&self, id: &str, places: impl IntoIterator<Item = usize>) {
        let mut pages = self.pages();
        for place in places {
            let key = (id.to_owned(), place);
            for page in pages.iter_mut() {
                page.open.remove(&key);
            }
        }
        let current = pages.last().map_or(0, |page| page.number);
        pages.retain(|page| {
            let is_needed = page.number == current || !page.open.is_empty();
            if !is_needed {
                // What is left of it says nothing that the spool does not know.
                drop(std::fs::remove_file(self.folder.join(page.number.to_string())));
            }
            is_needed
        });
    }
}

impl Page {
    fn begin(folder: &Path, number: u64) -> io::Result<Self> {
        let path = folder.join(number.to_string());
        let file = OpenOptions::new().append(true).create_new(true).open(path)?;
        Ok(Self { number, file, length: 0, open: HashSet::new() })
    }

    fn write(&mut self, receipt: &Receipt) -> io::Result<()> {
        self.open.extend(receipt.places.iter().map(|place| (receipt.id.clone(), *place)));
        // The line end comes first, so that a line that was cut off spoils no other.
        let mut line = vec![b'\n'];
        serde_json::to_writer(&mut line, receipt)?;
        self.length += u64::try_from(line.len()).unwrap_or(0);
        self.file.write_all(&line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receipt(id: usize) -> Receipt {
        let reply = "250 2.0.0 ok ".repeat(30);
        Receipt { id: format!("m{id}"), places: vec![0, 2], host: "192.0.2.1:25".into(), reply, size: 9 }
    }

    fn files(data: &Path) -> usize {
        std::fs::read_dir(data.join("receipts")).unwrap().count()
    }

    #[test]
    fn receipts_outlive_the_node_and_a_torn_line_spoils_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let (receipts, left) = Receipts::open(folder.path()).unwrap();
        assert!(left.of("m1").is_empty());
        receipts.note(&receipt(1));
        receipts.pages()[0].file.write_all(b"\n{\"id\":\"m1\",\"pla").unwrap();
        receipts.note(&receipt(2));
        drop(receipts);
        let (receipts, left) = Receipts::open(folder.path()).unwrap();
        assert_eq!(left.of("m1"), [receipt(1)]);
        assert_eq!(left.of("m2"), [receipt(2)]);
        left.remove();
        drop(receipts);
        assert!(Receipts::open(folder.path()).unwrap().1.of("m1").is_empty());
    }

    #[test]
    fn a_file_goes_when_the_spool_has_all_that_it_says() {
        let folder = tempfile::tempdir().unwrap();
        let (receipts, _) = Receipts::open(folder.path()).unwrap();
        for id in 0..10_000 {
            receipts.note(&receipt(id));
            if id > 0 {
                receipts.close(&format!("m{id}"), [0, 2]);
            }
        }
        assert_eq!(files(folder.path()), 2, "the first one has an open receipt");
        receipts.close("m0", [0]);
        assert_eq!(files(folder.path()), 2);
        receipts.close("m0", [2]);
        assert_eq!(files(folder.path()), 1);
    }
}
