//! Makes weights from labelled messages: logistic regression a view, learned one message at a time (AdaGrad), then
//! a fusion of the views' log-odds that is fitted on messages their models have not seen.
//! Pure and repeatable: the order of learning comes from a fixed seed.

use super::features::{Features, VIEWS, View};
use std::collections::{BTreeMap, BTreeSet};

/// A labelled message.
#[derive(Clone, Debug)]
pub struct Example {
    /// Its features.
    pub features: Features,
    /// Whether it is spam.
    pub is_spam: bool,
    /// Which collection it comes from: a fold leaves one out.
    pub source: usize,
    /// Whether it was written for training. Its twins in other layouts make a fold of a part of a source worthless.
    pub is_written: bool,
    /// How much it counts.
    pub weight: f32,
}

/// How to learn.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Passes over all examples.
    pub passes: usize,
    /// The first learning rate.
    pub rate: f32,
    /// How strongly weights are pulled to zero.
    pub decay: f32,
    /// Of how many of a hundred features a message teaches nothing in a pass: none can rely on its neighbours.
    pub skipped: u64,
}

impl Default for Plan {
    fn default() -> Self {
        Self { passes: 8, rate: 0.5, decay: 1e-6, skipped: 50 }
    }
}

/// The learned weights of a view.
#[derive(Clone, Debug)]
pub struct ViewWeights {
    /// By bucket.
    pub weights: Vec<f32>,
    /// What a message without features has.
    pub bias: f32,
}

impl ViewWeights {
    /// The log-odds of a message's features.
    pub fn log_odds(&self, buckets: &[u32]) -> f32 {
        let sum: f32 = buckets.iter().map(|bucket| self.weight(*bucket)).sum();
        sum * scale(buckets.len()) + self.bias
    }

    fn add(&mut self, other: &Self, share: f32) {
        for (sum, weight) in self.weights.iter_mut().zip(&other.weights) {
            *sum += weight * share;
        }
        self.bias += other.bias * share;
    }

    fn weight(&self, bucket: u32) -> f32 {
        usize::try_from(bucket).ok().and_then(|at| self.weights.get(at)).copied().unwrap_or_default()
    }
}

/// A message counts the same however long it is.
pub(crate) fn scale(features: usize) -> f32 {
    let features = u16::try_from(features).unwrap_or(u16::MAX);
    1.0 / f32::from(features.max(1)).sqrt()
}

/// The probability of these log-odds.
fn probability(log_odds: f32) -> f32 {
    1.0 / (1.0 + (-log_odds).exp())
}

/// Which examples to learn from, by their place among all and by themselves.
type Include<'a> = &'a dyn Fn(usize, &Example) -> bool;

/// Learns the weights of one view from the examples that `include` picks: the mean of those after each pass of the
/// second half, so that the last messages don't count more than others.
pub fn learn(view: View, examples: &[Example], plan: Plan, include: Include<'_>) -> ViewWeights {
    let size = 1usize << view.bits();
    let index = View::ALL.iter().position(|one| *one == view).unwrap_or_default();
    let mut learned = ViewWeights { weights: vec![0.0; size], bias: 0.0 };
    let mut mean = learned.clone();
    let mut squares = vec![1e-3f32; size];
    let mut bias_square = 1.0f32;
    let picked = examples.iter().enumerate().filter(|(place, example)| include(*place, example));
    let mut order: Vec<&Example> = picked.map(|(_, example)| example).collect();
    let mut random = Random(0x2545_F491_4F6C_DD1D);
    let counted = plan.passes - plan.passes / 2;
    let share = 1.0 / number(counted);
    for pass in 0..plan.passes {
        random.shuffle(&mut order);
        for example in &order {
            let Some(buckets) = example.features.views.get(index) else { continue };
            let wanted = if example.is_spam { 1.0 } else { 0.0 };
            let error = (wanted - probability(learned.log_odds(buckets))) * example.weight;
            let step = error * scale(buckets.len());
            for bucket in buckets {
                if random.below(100) < plan.skipped {
                    continue;
                }
                let at = usize::try_from(*bucket).unwrap_or_default();
                if let (Some(weight), Some(square)) = (learned.weights.get_mut(at), squares.get_mut(at)) {
                    let gradient = step - plan.decay * *weight;
                    *square += gradient * gradient;
                    *weight += plan.rate * gradient / square.sqrt();
                }
            }
            bias_square += error * error;
            learned.bias += 0.1 * error / bias_square.sqrt();
        }
        if pass + counted >= plan.passes {
            mean.add(&learned, share);
        }
    }
    mean
}

/// Numbers that look random and are the same every time.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 20) % limit.max(1)
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for end in (1..items.len()).rev() {
            let limit = u64::try_from(end + 1).unwrap_or(1);
            items.swap(end, usize::try_from(self.below(limit)).unwrap_or_default());
        }
    }
}

fn number(count: usize) -> f32 {
    f32::from(u16::try_from(count).unwrap_or(u16::MAX).max(1))
}

/// How the log-odds of the views become one: each bent so that it moves the sum by less than [`LIMIT`](crate::finding::LIMIT), whatever it
/// says, and scaled by how far it can be trusted with mail of a kind it has not seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fusion {
    /// By view, in the order of [`View::ALL`].
    pub trust: [f32; VIEWS],
    /// What speaks for good mail before anything is known.
    pub intercept: f32,
}

/// Just below [`LIMIT`](crate::finding::LIMIT): rounding must not reach it.
const BOUND: f32 = 2.149;
/// A view is never trusted less: leaving a source out makes views look worse that know how mail programs write.
const LEAST_TRUST: f32 = 0.1;
const GREATEST_TRUST: f32 = 0.6;
/// What speaks for good mail beforehand, at most.
const LEAST_INTERCEPT: f32 = -2.0;
/// Good mail called spam is worse than spam that is missed.
const GOOD_MAIL_COUNTS: f32 = 1.3;
/// A message of a source that is known counts as much as one of a source that is not.
const PARTS: usize = 3;

/// The views' log-odds of a message whose source their models have not seen.
#[derive(Clone, Copy, Debug)]
pub struct Unseen {
    /// By view.
    pub log_odds: [f32; VIEWS],
    /// Whether it is spam.
    pub is_spam: bool,
    /// How much it counts.
    pub weight: f32,
}

impl Fusion {
    /// How far a view moves the log-odds.
    pub(crate) fn contribution(trust: f32, log_odds: f32) -> f32 {
        BOUND * (trust * log_odds).tanh()
    }

    /// The log-odds of a message, of those of its views.
    pub fn total(&self, log_odds: &[f32; VIEWS]) -> f32 {
        let views = self.trust.iter().zip(log_odds);
        views.map(|(trust, log_odds)| Self::contribution(*trust, *log_odds)).sum::<f32>() + self.intercept
    }

    fn loss(&self, unseen: &[Unseen]) -> f32 {
        let loss = |one: &Unseen| {
            let log_odds = self.total(&one.log_odds);
            (1.0 + (if one.is_spam { -log_odds } else { log_odds }).exp()).ln() * one.weight
        };
        unseen.iter().map(loss).sum()
    }

    /// Fits trust and intercept, one after the other in ever finer steps, until nothing gets better.
    pub fn fit(unseen: &[Unseen]) -> Self {
        let mut best = Self { trust: [0.1; VIEWS], intercept: 0.0 };
        let mut least = best.loss(unseen);
        for step in [2.0f32, 1.4, 1.15, 1.05] {
            let mut is_better = true;
            while is_better {
                is_better = false;
                for tried in best.neighbours(step) {
                    let loss = tried.loss(unseen);
                    if loss < least * 0.9999 {
                        (best, least, is_better) = (tried, loss, true);
                    }
                }
            }
        }
        best
    }

    fn neighbours(self, step: f32) -> impl Iterator<Item = Self> {
        let trusts = (0..self.trust.len()).flat_map(move |view| {
            [step, 1.0 / step].map(|factor| {
                let mut tried = self;
                if let Some(trust) = tried.trust.get_mut(view) {
                    *trust = (*trust * factor).clamp(LEAST_TRUST, GREATEST_TRUST);
                }
                tried
            })
        });
        let shifts = [step - 1.0, 1.0 - step].map(|shift| {
            let mut tried = self;
            tried.intercept = (tried.intercept + 0.3 * shift).clamp(LEAST_INTERCEPT, 0.0);
            tried
        });
        trusts.chain(shifts)
    }
}

/// Learns every view from the examples that `include` picks.
pub fn learn_views(examples: &[Example], plan: Plan, include: Include<'_>) -> Vec<ViewWeights> {
    View::ALL.into_iter().map(|view| learn(view, examples, plan, include)).collect()
}

/// The views' log-odds of a message.
pub fn log_odds(views: &[ViewWeights], features: &Features) -> [f32; VIEWS] {
    let mut all = [0.0; VIEWS];
    for ((slot, view), buckets) in all.iter_mut().zip(views).zip(&features.views) {
        *slot = view.log_odds(buckets);
    }
    all
}

/// Learns everything: views from all examples; the fusion from folds that leave one source out, which show how far a
/// view holds for mail of a kind it has not seen, and from folds that leave out a part of each, which show how far
/// it holds for more of the same.
pub fn learn_all(examples: &[Example], plan: Plan) -> (Vec<ViewWeights>, Fusion) {
    let sources: BTreeSet<usize> = examples.iter().map(|example| example.source).collect();
    let mut unseen = Vec::new();
    for source in sources {
        let is_of_fold = |_: usize, example: &Example| example.source == source;
        ask(examples, plan, &is_of_fold, &mut unseen);
    }
    for part in 0..PARTS {
        let is_of_fold = |place: usize, example: &Example| place % PARTS == part && !example.is_written;
        ask(examples, plan, &is_of_fold, &mut unseen);
    }
    (learn_views(examples, plan, &|_, _| true), Fusion::fit(&unseen))
}

/// Learns from everything but a fold, and asks about the fold. Each class of each source of a fold counts the same.
fn ask(examples: &[Example], plan: Plan, is_of_fold: Include<'_>, unseen: &mut Vec<Unseen>) {
    let views = learn_views(examples, plan, &|place, example| !is_of_fold(place, example));
    let fold = examples.iter().enumerate().filter(|(place, example)| is_of_fold(*place, example));
    let fold: Vec<&Example> = fold.map(|(_, example)| example).collect();
    let mut counts = BTreeMap::<(usize, bool), usize>::new();
    for example in &fold {
        *counts.entry((example.source, example.is_spam)).or_default() += 1;
    }
    let sources: BTreeSet<usize> = fold.iter().map(|example| example.source).collect();
    let share = if sources.len() > 1 { 1.0 / number(PARTS) } else { 1.0 };
    unseen.extend(fold.iter().map(|example| {
        let count = counts.get(&(example.source, example.is_spam)).copied().unwrap_or_default();
        let cost = if example.is_spam { 1.0 } else { GOOD_MAIL_COUNTS };
        Unseen {
            log_odds: log_odds(&views, &example.features),
            is_spam: example.is_spam,
            weight: share * cost / number(count),
        }
    }));
}

/// The most that one message counts.
const GREATEST_WEIGHT: f32 = 6.0;

/// Gives examples weights so that neither spam nor HTML is more frequent than the other, and HTML says nothing by
/// itself: in the mail of today both kinds are written in it. Among those of a kind, large sources count more than
/// small ones, but not in proportion. `kinds` says of each example whether it is HTML.
pub fn balance(examples: &mut [Example], kinds: &[bool]) {
    let mut counts = BTreeMap::<(bool, bool), BTreeMap<usize, usize>>::new();
    for (example, is_html) in examples.iter().zip(kinds) {
        let of_kind = counts.entry((example.is_spam, *is_html)).or_default();
        *of_kind.entry(example.source).or_default() += 1;
    }
    let quarter = number(examples.len()) / 4.0;
    for (example, is_html) in examples.iter_mut().zip(kinds) {
        let Some(of_kind) = counts.get(&(example.is_spam, *is_html)) else { continue };
        let whole: f32 = of_kind.values().map(|count| number(*count).sqrt()).sum();
        let own = number(of_kind.get(&example.source).copied().unwrap_or_default()).sqrt();
        example.weight = (quarter / whole / own).min(GREATEST_WEIGHT);
    }
}
