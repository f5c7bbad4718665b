//! Makes a model: the same bytes from the same corpus, options and program, wherever and whenever it runs.

use crate::{
    Options,
    corpus::{self, Label},
};
use filter_engine::learned::{
    features::View,
    model,
    training::{self, Fusion, Plan},
};
use std::{collections::BTreeMap, path::Path};

/// Trains and writes the model; hands over its card.
///
/// # Errors
/// What is wrong, with the file or the option.
pub(crate) fn train(options: &Options) -> Result<String, String> {
    let folder = Path::new(options.needed("--corpus")?);
    let out = options.needed("--out")?;
    let table = options.last("--labels").map_or_else(|| folder.join("train.labels.tsv"), Into::into);
    let without = options.all("--without");
    let labels: Vec<Label> = corpus::labels(folder, &table)?
        .into_iter()
        .filter(|label| !without.contains(&label.source))
        .collect();
    let examples = corpus::examples(&labels)?;
    let (views, fusion) = training::learn_all(&examples, Plan::default());
    let card = card(&labels, examples.len() - labels.len(), options.last("--date"), &fusion);
    let bytes = model::store(&card, &views, &fusion);
    std::fs::write(out, &bytes).map_err(|error| format!("{out}: {error}"))?;
    Ok(format!("{card}{out}: {} bytes", bytes.len()))
}

fn card(labels: &[Label], seeds: usize, date: Option<&str>, fusion: &Fusion) -> String {
    let mut counts = BTreeMap::<&str, [usize; 2]>::new();
    for label in labels {
        let [ham, spam] = counts.entry(&label.source).or_default();
        *if label.is_spam { spam } else { ham } += 1;
    }
    let mut card = format!("gatepost-filter {}\n", env!("CARGO_PKG_VERSION"));
    if let Some(date) = date {
        card.push_str(&format!("date: {date}\n"));
    }
    for (source, [ham, spam]) in counts {
        let source = if source.is_empty() { "corpus" } else { source };
        card.push_str(&format!("source {source}: {ham} ham, {spam} spam\n"));
    }
    card.push_str(&format!("source written: {seeds}\n"));
    for (view, trust) in View::ALL.iter().zip(fusion.trust) {
        card.push_str(&format!("trust in {}: {trust:.3}\n", view.name()));
    }
    card.push_str(&format!("intercept: {:.3}\n", fusion.intercept));
    card
}
