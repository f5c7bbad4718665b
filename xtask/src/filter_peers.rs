//! Other filters for the measure of ours: Bogofilter, SpamAssassin and Rspamd as the system's packages install them.
//! One that is missing is named and left out. They ask no servers.

use crate::{
    filter::{Judged, Labelled, judge, labelled},
    project::{output, run, say, step},
};
use anyhow::{Context, Result};
use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

/// Which filters can be run, and how.
pub(crate) struct Peers<'a> {
    /// The folder of programs that run SpamAssassin and Rspamd on a list.
    pub adapters: Option<&'a Path>,
    /// The port of a running Rspamd.
    pub rspamd: Option<u16>,
}

impl Peers<'_> {
    /// Runs whichever are there, and adds what they say.
    pub(crate) fn judge(
        &self,
        corpus: &Path,
        work: &Path,
        messages: &[Labelled],
        rows: &mut Vec<Judged>,
    ) -> Result<()> {
        if is_there("bogofilter", "-V") {
            rows.push(bogofilter(corpus, work, messages)?);
        } else {
            say("Bogofilter is left out: it is not installed (Debian: apt-get install bogofilter)");
        }
        match (self.adapters.map(|folder| folder.join("sa_score.pl")), is_there("spamassassin", "-V")) {
            (Some(adapter), true) => {
                let mut command = Command::new("perl");
                command.arg(adapter).current_dir(work);
                rows.push(step("running SpamAssassin", || {
                    judge("SpamAssassin, rules only", &mut command, messages)
                })?);
            }
            (_, false) => {
                say("SpamAssassin is left out: it is not installed (Debian: apt-get install spamassassin)");
            }
            (None, true) => say("SpamAssassin is left out: name the folder of sa_score.pl with --adapters"),
        }
        match (self.adapters.map(|folder| folder.join("rspamd_score.py")), self.rspamd) {
            (Some(adapter), Some(port)) => {
                let mut command = Command::new("python3");
                command.arg(adapter).arg(port.to_string());
                rows.push(step("running Rspamd", || judge("Rspamd, as it runs", &mut command, messages))?);
            }
            _ => say(
                "Rspamd is left out: start one (Debian: apt-get install rspamd), then name its port with --rspamd \
                 and the folder of rspamd_score.py with --adapters",
            ),
        }
        Ok(())
    }
}

fn is_there(program: &str, argument: &str) -> bool {
    output(Command::new(program).arg(argument)).is_ok()
}

fn bogofilter(corpus: &Path, work: &Path, messages: &[Labelled]) -> Result<Judged> {
    let words = work.join("bogofilter");
    fs::create_dir_all(&words)?;
    let training = labelled(corpus, "train")?;
    step("training Bogofilter", || {
        for (is_spam, option) in [(true, "-s"), (false, "-n")] {
            let paths: String = training
                .iter()
                .filter(|one| one.is_spam == is_spam)
                .map(|one| format!("{}\n", one.path.display()))
                .collect();
            let list = work.join("bogofilter-list");
            fs::write(&list, paths)?;
            let mut command = Command::new("bogofilter");
            command.arg("-C").arg("-d").arg(&words).args([option, "-b"]);
            run(command.stdin(Stdio::from(fs::File::open(&list)?)))?;
        }
        Ok(())
    })?;
    // `-T` prints path, class and probability; its end code tells the class of the last message, not a failure.
    let mut command = Command::new("sh");
    let script = "bogofilter -C -d \"$0\" -b -T | awk '{v=($2==\"S\")?\"spam\":(($2==\"U\")?\"unsure\":\"ham\"); \
                  n=$1; sub(/.*\\//,\"\",n); sub(/\\.eml$/,\"\",n); print n \"\\t\" $3 \"\\t\" v}'";
    command.arg("-c").arg(script).arg(&words);
    judge("Bogofilter, trained", &mut command, messages).context("Bogofilter")
}
