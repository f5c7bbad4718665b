//! The judge on the command line: makes a model from labelled messages, judges messages by a model, explains a verdict.
//! Reads files and standard input, writes standard output; asks nobody else, so facts of the outside world are unknown.
#![expect(clippy::print_stdout, reason = "a command line program reports on standard output")]

mod corpus;
mod judge;
mod layouts;
mod seeds;
mod train;

use std::{collections::BTreeMap, process::ExitCode};

const USAGE: &str = "\
gatepost-filter train --corpus DIR [--labels TSV] --out MODEL [--date DATE] [--without SOURCE]…
    makes a model of the messages DIR/<id>.eml; TSV has a heading and the columns id, label (ham or spam), source;
    DIR/train.labels.tsv if it is not given. DATE is written into the model's card.
gatepost-filter score [--model MODEL] [--why]
    reads paths of messages from standard input, one a line; writes <id> TAB <score> TAB spam|unsure|ham
gatepost-filter explain [--model MODEL] FILE
    says what moves the score of a message, and what would have to change
gatepost-filter card [--model MODEL]
    says how a model was made
Without --model, the model of the product judges.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("gatepost-filter: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<(), String> {
    let (command, rest) = arguments.split_first().ok_or(USAGE)?;
    match command.as_str() {
        "train" => {
            let options =
                Options::read(rest, &["--corpus", "--labels", "--out", "--date", "--without"], &[], 0)?;
            println!("{}", train::train(&options)?);
        }
        "score" => {
            let options = Options::read(rest, &["--model"], &["--why"], 0)?;
            judge::score(options.last("--model"), options.has("--why"))?;
        }
        "explain" => {
            let options = Options::read(rest, &["--model"], &[], 1)?;
            let path = options.files.first().ok_or("explain needs the path of a message")?;
            println!("{}", judge::explain(options.last("--model"), path)?);
        }
        "card" => {
            let options = Options::read(rest, &["--model"], &[], 0)?;
            println!("{}", judge::card(options.last("--model"))?);
        }
        "help" | "--help" | "-h" => println!("{USAGE}"),
        other => return Err(format!("there is no command {other:?}\n{USAGE}")),
    }
    Ok(())
}

/// What was asked for on the command line.
pub(crate) struct Options {
    values: BTreeMap<String, Vec<String>>,
    files: Vec<String>,
}

impl Options {
    fn read(arguments: &[String], valued: &[&str], flags: &[&str], files: usize) -> Result<Self, String> {
        let mut options = Self { values: BTreeMap::new(), files: Vec::new() };
        let mut rest = arguments.iter();
        while let Some(one) = rest.next() {
            if valued.contains(&one.as_str()) {
                let value = rest.next().ok_or(format!("{one} needs a value"))?;
                options.values.entry(one.clone()).or_default().push(value.clone());
            } else if flags.contains(&one.as_str()) {
                options.values.entry(one.clone()).or_default();
            } else if !one.starts_with("--") && options.files.len() < files {
                options.files.push(one.clone());
            } else {
                let known = [valued, flags].concat().join(", ");
                return Err(format!("{one} is not understood here; known are {known}"));
            }
        }
        Ok(options)
    }

    fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// Every value of an option.
    pub(crate) fn all(&self, name: &str) -> &[String] {
        self.values.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// The value of an option that counts once: the last.
    pub(crate) fn last(&self, name: &str) -> Option<&str> {
        self.all(name).last().map(String::as_str)
    }

    /// The value of an option that must be there.
    pub(crate) fn needed(&self, name: &str) -> Result<&str, String> {
        self.last(name).ok_or(format!("{name} is needed\n{USAGE}"))
    }
}
