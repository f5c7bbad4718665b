//! Messages written for training: kinds of mail that collections lack. Part of the program, so that every model learns
//! from them. Each is learned in every [`Layout`]: what is good or spam is what is said and how it fits together,
//! not in which layout it comes.

use crate::layouts::{Layout, compose};

/// How many folds the seeds make: they are of one hand but of many kinds, so a fold leaves out some of them, not all.
pub(crate) const FOLDS: usize = 5;

const GOOD: &str = include_str!("../../../seeds/good.txt");
const SPAM: &str = include_str!("../../../seeds/spam.txt");

/// What is written of a message: lines `From:`, `Subject:`, `Link: target text`, an empty line, the text.
#[derive(Clone, Debug)]
pub(crate) struct Seed<'a> {
    /// Whether it is spam.
    pub is_spam: bool,
    /// Which of its class it is.
    pub number: usize,
    /// The value of From.
    pub from: &'a str,
    /// The value of Subject.
    pub subject: &'a str,
    /// Targets with the words to click on.
    pub links: Vec<(&'a str, &'a str)>,
    /// What is said.
    pub text: &'a str,
}

/// Every seed in every layout as a message: whether it is spam, its fold, its bytes.
pub(crate) fn messages() -> impl Iterator<Item = (bool, usize, String)> {
    [(GOOD, false), (SPAM, true)].into_iter().flat_map(|(file, is_spam)| {
        let seeds: Vec<Seed<'_>> = file
            .split("\n=== next\n")
            .enumerate()
            .map(|(number, written)| read(written, is_spam, number))
            .collect();
        let mut messages = Vec::new();
        for seed in &seeds {
            // Of the same fold, so that no fold has seen what another is asked about.
            let others: Vec<&Seed<'_>> = (1..=6)
                .filter_map(|step| seeds.get((seed.number + step * FOLDS) % seeds.len().max(1)))
                .collect();
            for layout in Layout::ALL {
                messages.push((is_spam, seed.number % FOLDS, compose(seed, &others, layout)));
            }
        }
        messages
    })
}

fn read(written: &str, is_spam: bool, number: usize) -> Seed<'_> {
    let (head, text) = written.split_once("\n\n").unwrap_or((written, ""));
    let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    let links = head.lines().filter_map(|line| line.strip_prefix("Link: ")?.split_once(' ')).collect();
    Seed { is_spam, number, from: field("From: "), subject: field("Subject: "), links, text: text.trim_end() }
}
