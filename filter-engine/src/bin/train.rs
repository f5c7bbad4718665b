//! Makes a model from a corpus: `train --corpus DIR --out FILE [--without SOURCE]…`.
//!
//! DIR holds `train.labels.tsv` (columns `id`, `label` with `ham` or `spam`, `source`) and `train/<id>.eml`.
#![expect(clippy::print_stdout, reason = "a command line program reports on standard output")]

use filter_engine::{
    Envelope, Message,
    learned::{
        features::{Features, View},
        model,
        training::{self, Example, Plan},
    },
};
use std::{collections::BTreeMap, path::Path, process::ExitCode};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("train: {error}");
            ExitCode::FAILURE
        }
    }
}

struct Options {
    corpus: String,
    out: String,
    without: Vec<String>,
}

fn options() -> Result<Options, String> {
    let mut options = Options { corpus: String::new(), out: String::new(), without: vec![] };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or(format!("{name} needs a value"))?;
        match name.as_str() {
            "--corpus" => options.corpus = value,
            "--out" => options.out = value,
            "--without" => options.without.push(value),
            _ => return Err(format!("{name} is unknown; known are --corpus, --out, --without")),
        }
    }
    if options.corpus.is_empty() || options.out.is_empty() {
        return Err("--corpus DIR and --out FILE are needed".into());
    }
    Ok(options)
}

fn run() -> Result<(), String> {
    let options = options()?;
    let mut sources = BTreeMap::new();
    let (mut examples, kinds) = read(&options, &mut sources)?;
    training::balance(&mut examples, &kinds);
    println!("{} messages", examples.len());
    for (source, number) in &sources {
        let of =
            |is_spam| examples.iter().filter(|one| one.source == *number && one.is_spam == is_spam).count();
        println!("  {source}: {} ham, {} spam", of(false), of(true));
    }
    let (views, fusion) = training::learn_all(&examples, Plan::default());
    for (view, trust) in View::ALL.iter().zip(fusion.trust) {
        println!("  trust in {}: {trust:.3}", view.name());
    }
    println!("  intercept: {:.3}", fusion.intercept);
    let bytes = model::store(&views, &fusion);
    std::fs::write(&options.out, &bytes).map_err(|error| format!("{}: {error}", options.out))?;
    println!("{}: {} bytes", options.out, bytes.len());
    Ok(())
}

/// Reads the labelled messages, and whether each is HTML.
fn read(
    options: &Options,
    sources: &mut BTreeMap<String, usize>,
) -> Result<(Vec<Example>, Vec<bool>), String> {
    let folder = Path::new(&options.corpus);
    let labels = folder.join("train.labels.tsv");
    let labels =
        std::fs::read_to_string(&labels).map_err(|error| format!("{}: {error}", labels.display()))?;
    let mut lines = labels.lines();
    let columns: Vec<&str> = lines.next().unwrap_or_default().split('\t').collect();
    let column = |name: &str| {
        columns.iter().position(|one| *one == name).ok_or(format!("the labels have no column {name}"))
    };
    let (id, label, source) = (column("id")?, column("label")?, column("source")?);
    let (mut examples, mut kinds) = (vec![], vec![]);
    for line in lines {
        let fields: Vec<&str> = line.split('\t').collect();
        let field = |at: usize| fields.get(at).copied().ok_or(format!("too few columns: {line}"));
        if options.without.iter().any(|one| field(source) == Ok(one.as_str())) {
            continue;
        }
        let path = folder.join("train").join(format!("{}.eml", field(id)?));
        let bytes = std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let message = Message::parse(Envelope::default(), &bytes);
        let next = sources.len();
        examples.push(Example {
            features: Features::of(&message),
            is_spam: field(label)? == "spam",
            source: *sources.entry(field(source)?.to_owned()).or_insert(next),
            weight: 1.0,
        });
        kinds.push(message.texts().iter().any(|text| text.is_html));
    }
    Ok((examples, kinds))
}
