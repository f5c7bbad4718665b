//! Makes a model from a corpus: `train --corpus DIR --out FILE [--seeds DIR] [--without SOURCE]…`.
//!
//! The corpus holds `train.labels.tsv` (columns `id`, `label` with `ham` or `spam`, `source`) and `train/<id>.eml`.
//! The seeds, `good.txt` and `spam.txt`, are messages written for the purpose: kinds of mail that the corpus lacks.
//! Each is learned twice, as plain text and as HTML in the layout of newsletters.
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

#[derive(Default)]
struct Options {
    corpus: String,
    out: String,
    seeds: String,
    without: Vec<String>,
}

fn options() -> Result<Options, String> {
    let mut options = Options::default();
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or(format!("{name} needs a value"))?;
        match name.as_str() {
            "--corpus" => options.corpus = value,
            "--out" => options.out = value,
            "--seeds" => options.seeds = value,
            "--without" => options.without.push(value),
            _ => return Err(format!("{name} is unknown; known are --corpus, --out, --seeds, --without")),
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
    let (mut examples, mut kinds) = read(&options, &mut sources)?;
    if !options.seeds.is_empty() {
        read_seeds(&options.seeds, &mut sources, &mut examples, &mut kinds)?;
    }
    training::balance(&mut examples, &kinds);
    let written: Vec<usize> =
        sources.iter().filter(|(name, _)| name.starts_with(WRITTEN)).map(|(_, number)| *number).collect();
    for example in examples.iter_mut().filter(|example| written.contains(&example.source)) {
        example.weight = if example.is_spam { SEED_WEIGHT * 1.35 } else { SEED_WEIGHT };
    }
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

/// The name of the seeds among the sources.
const WRITTEN: &str = "written";
/// The seeds are of one hand but of many kinds: a fold leaves out some of them, not all.
const SEED_FOLDS: usize = 5;
/// A seed stands for many messages of its kind. There are fewer of spam, so these count more.
const SEED_WEIGHT: f32 = 5.0;

/// Adds the seeds.
fn read_seeds(
    folder: &str,
    sources: &mut BTreeMap<String, usize>,
    examples: &mut Vec<Example>,
    kinds: &mut Vec<bool>,
) -> Result<(), String> {
    let folds: Vec<usize> = (1..=SEED_FOLDS)
        .map(|fold| {
            let next = sources.len();
            *sources.entry(format!("{WRITTEN} {fold}")).or_insert(next)
        })
        .collect();
    for (file, is_spam) in [("good.txt", false), ("spam.txt", true)] {
        let path = Path::new(folder).join(file);
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        for (seed, source) in text.split("\n=== next\n").zip(folds.iter().copied().cycle()) {
            for is_html in [false, true] {
                let bytes = compose(seed, is_html);
                let message = Message::parse(Envelope::default(), bytes.as_bytes());
                examples.push(Example { features: Features::of(&message), is_spam, source, weight: 1.0 });
                kinds.push(is_html);
            }
        }
    }
    Ok(())
}

/// Makes a message of a seed: lines `From:`, `Subject:`, `Link: target text`, an empty line, the text.
fn compose(seed: &str, is_html: bool) -> String {
    let (head, text) = seed.split_once("\n\n").unwrap_or((seed, ""));
    let (links, fields): (Vec<&str>, Vec<&str>) = head.lines().partition(|line| line.starts_with("Link: "));
    let links = links.iter().filter_map(|line| line.strip_prefix("Link: ")?.split_once(' '));
    let (kind, body) = if is_html {
        let links: String = links
            .map(|(target, words)| {
                format!("<tr><td><a href=\"{target}\" style=\"padding:12px\">{words}</a></td></tr>")
            })
            .collect();
        let body = format!(
            "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><style>body{{margin:0}}</style></head><body>\
             <table width=\"100%\"><tr><td align=\"center\"><table width=\"600\"><tr><td><p>{text}</p></td></tr>\
             {links}</table></td></tr></table></body></html>"
        );
        ("text/html", body)
    } else {
        let links: String = links.map(|(target, words)| format!("\n{words}: {target}\n")).collect();
        ("text/plain", format!("{text}\n{links}"))
    };
    let fields = fields.join("\n");
    format!(
        "{fields}\nTo: user@recipient.example\nDate: Mon, 2 Nov 2026 10:00:00 +0100\nMessage-ID: <20261102.1.a@mail.example>\n\
         MIME-Version: 1.0\nContent-Type: {kind}; charset=utf-8\n\n{body}\n"
    )
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
