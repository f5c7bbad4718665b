//! Labelled messages on disk, as examples for training: a table of labels beside a folder of messages.

use crate::seeds;
use filter_engine::{
    Envelope, Message,
    learned::{
        features::Features,
        training::{self, Example},
    },
};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

/// A line of the table of labels.
#[derive(Clone, Debug)]
pub(crate) struct Label {
    /// The file.
    pub path: PathBuf,
    /// Whether it is spam.
    pub is_spam: bool,
    /// Which collection it comes from.
    pub source: String,
}

/// Reads a table of labels: tab-separated, with a heading line that has `id`, `label` (`ham` or `spam`) and, if there is
/// more than one collection, `source`. The message is `<folder>/<id>.eml`, or in `train/` or `dev/` of the folder.
///
/// # Errors
/// What is wrong, with the file and the line.
pub(crate) fn labels(folder: &Path, table: &Path) -> Result<Vec<Label>, String> {
    let text = std::fs::read_to_string(table).map_err(|error| format!("{}: {error}", table.display()))?;
    let mut lines = text.lines();
    let columns: Vec<&str> = lines.next().unwrap_or_default().split('\t').collect();
    let find = |name: &str| columns.iter().position(|one| *one == name);
    let column = |name: &str| find(name).ok_or(format!("{}: there is no column {name}", table.display()));
    let (id, label, source) = (column("id")?, column("label")?, find("source"));
    let mut labels = Vec::new();
    for (number, line) in (2..).zip(lines).filter(|(_, line)| !line.trim().is_empty()) {
        let fields: Vec<&str> = line.split('\t').collect();
        let wrong = |what: &str| format!("{}, line {number}: {what}", table.display());
        let field = |at: usize| fields.get(at).copied().ok_or_else(|| wrong("too few columns"));
        let is_spam = match field(label)? {
            "spam" => true,
            "ham" => false,
            other => return Err(wrong(&format!("the label is {other:?}, neither ham nor spam"))),
        };
        let name = format!("{}.eml", field(id)?);
        let path = ["", "train", "dev"].map(|inner| folder.join(inner).join(&name)).into_iter();
        let path = path
            .into_iter()
            .find(|path| path.is_file())
            .ok_or_else(|| wrong(&format!("{name} is not in {}", folder.display())))?;
        let source = source.map(field).transpose()?.unwrap_or_default().to_owned();
        labels.push(Label { path, is_spam, source });
    }
    if labels.iter().all(|label| label.is_spam) || labels.iter().all(|label| !label.is_spam) {
        return Err(format!("{}: training needs both ham and spam", table.display()));
    }
    Ok(labels)
}

/// Reads a message.
///
/// # Errors
/// What is wrong, with the file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// A seed stands for many messages of its kind. There are fewer of spam, so these count more.
const SEED_WEIGHT: f32 = 4.0;
const SPAM_SEED_WEIGHT: f32 = 5.4;
/// Folds of a corpus of one collection.
const BLOCKS: usize = 5;

/// The examples of a corpus and the seeds. Without several collections, folds are blocks of neighbouring messages.
///
/// # Errors
/// What is wrong, with the file.
pub(crate) fn examples(labels: &[Label]) -> Result<Vec<Example>, String> {
    let sources: BTreeSet<&str> = labels.iter().map(|label| label.source.as_str()).collect();
    let block = labels.len().div_ceil(BLOCKS).max(1);
    let (mut examples, mut kinds) = (Vec::new(), Vec::new());
    for (number, label) in labels.iter().enumerate() {
        let bytes = read(&label.path)?;
        let message = Message::parse(Envelope::default(), &bytes);
        let source = match sources.len() {
            0 | 1 => number / block,
            _ => sources.iter().position(|source| *source == label.source).unwrap_or_default(),
        };
        let features = Features::of(&message);
        examples.push(Example { features, is_spam: label.is_spam, source, is_written: false, weight: 1.0 });
        kinds.push(message.texts().iter().any(|text| text.is_html));
    }
    training::balance(&mut examples, &kinds);
    let first_fold = sources.len().max(BLOCKS);
    for (is_spam, fold, text) in seeds::messages() {
        let message = Message::parse(Envelope::default(), text.as_bytes());
        let weight = if is_spam { SPAM_SEED_WEIGHT } else { SEED_WEIGHT };
        examples.push(Example {
            features: Features::of(&message),
            is_spam,
            source: first_fold + fold,
            is_written: true,
            weight,
        });
    }
    Ok(examples)
}
