//! Judges messages without facts and by the default settings, long lines allowed: paths on standard input, one a line; on standard
//! output `id<TAB>score<TAB>verdict`, the verdict one of `ham`, `unsure` and `spam`. `--why` adds the evidence.
#![expect(clippy::print_stdout, reason = "a command line program reports on standard output")]

use contract::{
    messages::Classification,
    settings::{Overrides, Settings, incoming},
};
use filter_engine::{Envelope, Facts, Message, Verdict, evaluate};
use std::{io::BufRead, path::Path, process::ExitCode};

fn main() -> ExitCode {
    let long_lines = (incoming::SKIP_LINE_LENGTH_CHECK.key.to_owned(), true.into());
    let settings = Settings::resolve([&Overrides::from([long_lines])]);
    let explains = std::env::args().any(|argument| argument == "--why");
    for line in std::io::stdin().lock().lines() {
        let path = match line {
            Ok(path) => path,
            Err(error) => {
                eprintln!("score: {error}");
                return ExitCode::FAILURE;
            }
        };
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) => {
                eprintln!("score: {path}: {error}");
                return ExitCode::FAILURE;
            }
        };
        let message = Message::parse(Envelope::default(), &bytes);
        let verdict = evaluate(&message, &Facts::default(), &settings);
        let id = Path::new(&path).file_stem().unwrap_or_default().to_string_lossy().into_owned();
        println!("{}", report(&id, &verdict, explains));
    }
    ExitCode::SUCCESS
}

fn report(id: &str, verdict: &Verdict, explains: bool) -> String {
    let word = match verdict.classification {
        Classification::NotSpam | Classification::Allowed => "ham",
        Classification::Unsure => "unsure",
        _ => "spam",
    };
    let mut line = format!("{id}\t{:.6}\t{word}", verdict.score);
    for evidence in verdict.evidence.iter().filter(|_| explains) {
        line.push_str(&format!("\t{} {:+.2} {}", evidence.symbol, evidence.weight, evidence.detail));
    }
    line
}
