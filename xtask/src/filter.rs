//! `cargo xtask train` makes the model that the filter is shipped with, by the filter's own program. `cargo xtask bench
//! filter` trains on one part of a collection, judges the later part, and sets the result beside those of other filters,
//! which run on the same messages in the same run. Nothing is sent anywhere.

use crate::{
    filter_peers,
    project::{Project, output, run, say, step},
};
use anyhow::{Context, Result, ensure};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

/// What is trained.
#[derive(clap::Args)]
pub(crate) struct Training {
    /// A folder with train.labels.tsv (id, label, source) and train/<id>.eml
    #[arg(long)]
    corpus: PathBuf,
    /// Where the model goes
    #[arg(long, default_value = "filter-engine/models/gatepost.bin")]
    out: PathBuf,
    /// Sources that are left out, such as those whose licence forbids it
    #[arg(long)]
    without: Vec<String>,
    /// The date that is written into the model's card
    #[arg(long)]
    date: Option<String>,
}

/// What is measured.
#[derive(clap::Args)]
pub(crate) struct Measurement {
    /// A folder with train.labels.tsv, train/<id>.eml, dev.labels.tsv and dev/<id>.eml
    #[arg(long)]
    corpus: PathBuf,
    /// A folder with sa_score.pl and rspamd_score.py, which run SpamAssassin and Rspamd on a list of messages
    #[arg(long)]
    adapters: Option<PathBuf>,
    /// The port on which an Rspamd listens
    #[arg(long)]
    rspamd: Option<u16>,
}

/// Trains and says how the model was made.
pub(crate) fn train(project: &Project, options: &Training) -> Result<()> {
    let program = build(project)?;
    let mut command = project.command(program);
    command.arg("train").arg("--corpus").arg(fs::canonicalize(&options.corpus)?);
    command.arg("--out").arg(&options.out);
    for source in &options.without {
        command.args(["--without", source]);
    }
    if let Some(date) = &options.date {
        command.args(["--date", date]);
    }
    step("training", || run(&mut command))
}

fn build(project: &Project) -> Result<PathBuf> {
    step("building the filter", || {
        let arguments =
            ["build", "--release", "--quiet", "--package", "filter-engine", "--bin", "gatepost-filter"];
        run(&mut project.cargo(&arguments))
    })?;
    Ok(project.target().join("release/gatepost-filter"))
}

/// A labelled message.
pub(crate) struct Labelled {
    /// The name of its file without `.eml`.
    pub id: String,
    /// Its file.
    pub path: PathBuf,
    /// Whether it is spam.
    pub is_spam: bool,
}

/// The messages of one part of a collection.
pub(crate) fn labelled(corpus: &Path, part: &str) -> Result<Vec<Labelled>> {
    let table = corpus.join(format!("{part}.labels.tsv"));
    let text = fs::read_to_string(&table).with_context(|| format!("cannot read {}", table.display()))?;
    let mut lines = text.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    let heading = lines.next().unwrap_or_default();
    let column = |name: &str| {
        let place = heading.iter().position(|one| *one == name);
        place.with_context(|| format!("{} has no column {name}", table.display()))
    };
    let (id, label) = (column("id")?, column("label")?);
    lines
        .map(|fields| {
            let id = fields.get(id).copied().context("a line without an id")?.to_owned();
            let is_spam = fields.get(label) == Some(&"spam");
            Ok(Labelled { path: corpus.join(part).join(format!("{id}.eml")), id, is_spam })
        })
        .collect()
}

/// What a filter said of the measured messages.
pub(crate) struct Judged {
    /// The name of the filter, with what it was given.
    pub name: String,
    /// By id: its score, higher for spam, and whether it calls the message spam.
    pub verdicts: BTreeMap<String, (f64, bool)>,
    /// How long it took, in milliseconds a message, reading and starting included.
    pub milliseconds: f64,
}

/// Runs a program that reads paths and prints `id TAB score TAB verdict`.
pub(crate) fn judge(name: &str, command: &mut Command, messages: &[Labelled]) -> Result<Judged> {
    let list = std::env::temp_dir().join(format!("gatepost-filter-list-{}", std::process::id()));
    let paths: String = messages.iter().map(|one| format!("{}\n", one.path.display())).collect();
    fs::write(&list, paths)?;
    let began = Instant::now();
    let said = output(command.stdin(Stdio::from(fs::File::open(&list)?)));
    let elapsed = began.elapsed().as_secs_f64() * 1000.0;
    fs::remove_file(&list)?;
    let mut verdicts = BTreeMap::new();
    for line in said?.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        if let [id, score, verdict, ..] = fields.as_slice() {
            verdicts
                .insert((*id).to_owned(), (score.parse().unwrap_or(f64::NEG_INFINITY), *verdict == "spam"));
        }
    }
    ensure!(!verdicts.is_empty(), "{name} said nothing");
    let count = f64::from(u32::try_from(messages.len())?);
    Ok(Judged { name: name.to_owned(), verdicts, milliseconds: elapsed / count })
}

/// Measures and prints a table.
pub(crate) fn measure(project: &Project, options: &Measurement) -> Result<()> {
    let corpus = fs::canonicalize(&options.corpus).context("cannot find the corpus")?;
    let program = build(project)?;
    let work = std::env::temp_dir().join(format!("gatepost-filter-{}", std::process::id()));
    fs::create_dir_all(&work)?;
    let model = work.join("model.bin");
    let mut training = project.command(&program);
    training.arg("train").arg("--corpus").arg(&corpus).arg("--out").arg(&model).stdout(Stdio::null());
    step("training ours", || run(&mut training))?;
    let messages = labelled(&corpus, "dev")?;
    let mut command = project.command(&program);
    command.arg("score").arg("--model").arg(&model);
    let mut rows = vec![step("judging", || judge("Gatepost", &mut command, &messages))?];
    let mut command = project.command(&program);
    rows.push(judge("Gatepost, shipped model", command.arg("score"), &messages)?);
    let peers = filter_peers::Peers { adapters: options.adapters.as_deref(), rspamd: options.rspamd };
    peers.judge(&corpus, &work, &messages, &mut rows)?;
    fs::remove_dir_all(&work)?;
    say(&format!("{} messages of {}", messages.len(), corpus.join("dev").display()));
    say("| filter | (1-ROCA) % | good called spam % | spam missed % | ms a message |\n|---|---|---|---|---|");
    for row in &rows {
        say(&line(row, &messages));
    }
    Ok(())
}

/// A row of the table. What a filter did not answer counts as good mail, as in TREC.
fn line(judged: &Judged, messages: &[Labelled]) -> String {
    let said = |one: &Labelled| judged.verdicts.get(&one.id).copied().unwrap_or((f64::NEG_INFINITY, false));
    let of = |is_spam| messages.iter().filter(move |one| one.is_spam == is_spam).map(said);
    let share = |part: usize, whole: usize| {
        let number = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        100.0 * number(part) / number(whole).max(1.0)
    };
    let (good, spam) = (of(false).count(), of(true).count());
    // Pairs in the wrong order, those of equal score by half.
    let doubled: usize = of(false)
        .map(|(ham, _)| {
            let higher = of(true).filter(|(score, _)| *score < ham).count();
            let equal = of(true).filter(|(score, _)| score.total_cmp(&ham).is_eq()).count();
            2 * higher + equal
        })
        .sum();
    format!(
        "| {} | {:.3} | {:.2} | {:.2} | {:.2} |",
        judged.name,
        share(doubled, 2 * good * spam),
        share(of(false).filter(|(_, is_called)| *is_called).count(), good),
        share(of(true).filter(|(_, is_called)| !is_called).count(), spam),
        judged.milliseconds
    )
}
