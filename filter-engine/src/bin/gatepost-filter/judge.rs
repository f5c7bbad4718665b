//! Judges messages by a model: without facts and by the default settings, long lines allowed.

use crate::corpus;
use contract::{
    messages::Classification,
    settings::{Overrides, Settings, incoming},
};
use filter_engine::{Envelope, Facts, Message, Verdict, evaluate_with, learned::model::Model};
use std::{
    io::{BufRead, Write},
    path::Path,
};

/// Judges every message whose path is on standard input.
///
/// # Errors
/// What is wrong, with the file; what was judged before is already written.
pub(crate) fn score(model: Option<&str>, explains: bool) -> Result<(), String> {
    let bytes = model_bytes(model)?;
    let model = read(model, &bytes)?;
    let settings = settings();
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let path = line.map_err(|error| format!("standard input: {error}"))?;
        let path = Path::new(path.trim());
        if path.as_os_str().is_empty() {
            continue;
        }
        let bytes = corpus::read(path)?;
        let verdict = judge(&bytes, &settings, &model);
        let id = path.file_stem().unwrap_or_default().to_string_lossy();
        writeln!(out, "{}", report(&id, &verdict, explains))
            .map_err(|error| format!("standard output: {error}"))?;
    }
    out.flush().map_err(|error| format!("standard output: {error}"))
}

/// What moves the score of a message, and what would have to change.
///
/// # Errors
/// What is wrong, with the file.
pub(crate) fn explain(model: Option<&str>, path: &str) -> Result<String, String> {
    let model_file = model_bytes(model)?;
    let model = read(model, &model_file)?;
    let settings = settings();
    let bytes = corpus::read(Path::new(path))?;
    let verdict = judge(&bytes, &settings, &model);
    let tags: Vec<&str> = verdict.tags.iter().map(|tag| tag.name()).collect();
    let mut lines =
        vec![format!("{:.4}  {}  {}", verdict.score, word(&verdict), tags.join(", ")).trim_end().to_owned()];
    lines.extend(
        verdict.evidence.iter().map(|one| format!("{:+7.3}  {}  {}", one.weight, one.symbol, one.detail)),
    );
    let sum: f64 = verdict.evidence.iter().map(|one| one.weight).sum();
    lines.push(format!("{sum:+7.3}  sum: the log-odds of the score"));
    if let Some(symbol) = verdict.decisive {
        lines.push(format!("{symbol} decides alone, whatever the score"));
        return Ok(lines.join("\n"));
    }
    for (name, threshold) in [
        ("unsure", settings.get(&incoming::UNSURE_THRESHOLD)),
        ("spam", settings.get(&incoming::QUARANTINE_THRESHOLD)),
    ] {
        let distance = (threshold / (1.0 - threshold)).ln() - sum;
        let side = if distance > 0.0 { "below" } else { "above" };
        lines.push(format!("{:.3} {side} the threshold of {name} ({threshold:.2})", distance.abs()));
        let alone: Vec<_> = verdict
            .evidence
            .iter()
            .filter(|one| (one.weight < 0.0) == (distance > 0.0) && one.weight.abs() > distance.abs())
            .map(|one| one.symbol.as_str())
            .collect();
        if !alone.is_empty() {
            lines.push(format!("  without one of these it would be on the other side: {}", alone.join(", ")));
        }
    }
    Ok(lines.join("\n"))
}

/// How a model was made.
///
/// # Errors
/// What is wrong, with the file.
pub(crate) fn card(model: Option<&str>) -> Result<String, String> {
    let bytes = model_bytes(model)?;
    Ok(read(model, &bytes)?.card().trim_end().to_owned())
}

fn model_bytes(path: Option<&str>) -> Result<Vec<u8>, String> {
    path.map_or_else(|| Ok(Vec::new()), |path| corpus::read(Path::new(path)))
}

fn read<'a>(path: Option<&str>, bytes: &'a [u8]) -> Result<Model<'a>, String> {
    match path {
        None => Ok(Model::shipped().clone()),
        Some(path) => {
            Model::read(bytes).ok_or(format!("{path}: is no model, is damaged, or is of another version"))
        }
    }
}

fn settings() -> Settings {
    let long_lines = (incoming::SKIP_LINE_LENGTH_CHECK.key.to_owned(), true.into());
    Settings::resolve([&Overrides::from([long_lines])])
}

fn judge(bytes: &[u8], settings: &Settings, model: &Model<'_>) -> Verdict {
    evaluate_with(&Message::parse(Envelope::default(), bytes), &Facts::default(), settings, model)
}

fn word(verdict: &Verdict) -> &'static str {
    match verdict.classification {
        Classification::NotSpam | Classification::Allowed => "ham",
        Classification::Unsure => "unsure",
        _ => "spam",
    }
}

fn report(id: &str, verdict: &Verdict, explains: bool) -> String {
    let mut line = format!("{id}\t{:.6}\t{}", verdict.score, word(verdict));
    for evidence in verdict.evidence.iter().filter(|_| explains) {
        line.push_str(&format!("\t{} {:+.2} {}", evidence.symbol, evidence.weight, evidence.detail));
    }
    line
}
