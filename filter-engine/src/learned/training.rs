//! Makes weights from labelled messages: logistic regression a view, learned one message at a time (AdaGrad), then
//! a fusion of the views' log-odds that is fitted on messages their models have not seen.
//! Pure and repeatable: the order of learning comes from a fixed seed.

use super::features::{Features, View};

/// A labelled message.
#[derive(Clone, Debug)]
pub struct Example {
    /// Its features.
    pub features: Features,
    /// Whether it is spam.
    pub is_spam: bool,
    /// Which collection it comes from: a fold leaves one out.
    pub source: usize,
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
}

impl Default for Plan {
    fn default() -> Self {
        Self { passes: 6, rate: 0.5, decay: 1e-6 }
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

/// Learns the weights of one view from the examples that `include` picks.
pub fn learn(
    view: View,
    examples: &[Example],
    plan: Plan,
    include: &dyn Fn(&Example) -> bool,
) -> ViewWeights {
    let size = 1usize << view.bits();
    let index = View::ALL.iter().position(|one| *one == view).unwrap_or_default();
    let mut learned = ViewWeights { weights: vec![0.0; size], bias: 0.0 };
    let mut squares = vec![1e-3f32; size];
    let mut bias_square = 1.0f32;
    let mut order: Vec<&Example> = examples.iter().filter(|example| include(example)).collect();
    let mut random = 0x2545_F491_4F6C_DD1Du64;
    for _ in 0..plan.passes {
        shuffle(&mut order, &mut random);
        for example in &order {
            let Some(buckets) = example.features.views.get(index) else { continue };
            let wanted = if example.is_spam { 1.0 } else { 0.0 };
            let error = (wanted - probability(learned.log_odds(buckets))) * example.weight;
            let step = error * scale(buckets.len());
            for bucket in buckets {
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
    }
    learned
}

fn shuffle<T>(items: &mut [T], random: &mut u64) {
    for end in (1..items.len()).rev() {
        *random ^= *random << 13;
        *random ^= *random >> 7;
        *random ^= *random << 17;
        let span = u64::try_from(end + 1).unwrap_or(1);
        items.swap(end, usize::try_from(*random % span).unwrap_or_default());
    }
}

/// How the log-odds of the views become one: each bent so that it moves the sum by less than [`LIMIT`](crate::finding::LIMIT), whatever it
/// says, and scaled by how far it can be trusted with mail of a kind it has not seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fusion {
    /// By view, in the order of [`View::ALL`].
    pub trust: [f32; 7],
    /// What speaks for good mail before anything is known.
    pub intercept: f32,
}

/// Just below [`LIMIT`](crate::finding::LIMIT): rounding must not reach it.
const BOUND: f32 = 2.149;
/// A view is never trusted less: leaving a source out makes views look worse that know how mail programs write.
const LEAST_TRUST: f32 = 0.05;
const GREATEST_TRUST: f32 = 0.3;

/// The views' log-odds of a message whose source their models have not seen.
#[derive(Clone, Copy, Debug)]
pub struct Unseen {
    /// By view.
    pub log_odds: [f32; 7],
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

    fn log_odds(&self, unseen: &Unseen) -> f32 {
        let views = self.trust.iter().zip(unseen.log_odds);
        views.map(|(trust, log_odds)| Self::contribution(*trust, log_odds)).sum::<f32>() + self.intercept
    }

    fn loss(&self, unseen: &[Unseen]) -> f32 {
        let loss = |one: &Unseen| {
            let log_odds = self.log_odds(one);
            (1.0 + (if one.is_spam { -log_odds } else { log_odds }).exp()).ln() * one.weight
        };
        unseen.iter().map(loss).sum()
    }

    /// Fits trust and intercept, one after the other in ever finer steps, until nothing gets better.
    pub fn fit(unseen: &[Unseen]) -> Self {
        let mut best = Self { trust: [0.1; 7], intercept: 0.0 };
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
        let shifts = [step - 1.0, 1.0 - step]
            .map(|shift| Self { intercept: (self.intercept + 0.3 * shift).clamp(-0.5, 0.0), ..self });
        trusts.chain(shifts)
    }
}

/// Learns every view from the examples that `include` picks.
pub fn learn_views(examples: &[Example], plan: Plan, include: &dyn Fn(&Example) -> bool) -> Vec<ViewWeights> {
    View::ALL.into_iter().map(|view| learn(view, examples, plan, include)).collect()
}

/// The views' log-odds of a message.
pub fn log_odds(views: &[ViewWeights], features: &Features) -> [f32; 7] {
    let mut all = [0.0; 7];
    for ((slot, view), buckets) in all.iter_mut().zip(views).zip(&features.views) {
        *slot = view.log_odds(buckets);
    }
    all
}

/// Learns everything: views from all examples, the fusion from folds that leave one source out.
pub fn learn_all(examples: &[Example], plan: Plan) -> (Vec<ViewWeights>, Fusion) {
    let sources: std::collections::BTreeSet<usize> = examples.iter().map(|example| example.source).collect();
    let mut unseen = Vec::new();
    for source in sources {
        let views = learn_views(examples, plan, &|example| example.source != source);
        for is_spam in [false, true] {
            let of_fold: Vec<_> = examples
                .iter()
                .filter(|example| example.source == source && example.is_spam == is_spam)
                .collect();
            let weight = 1.0 / f32::from(u16::try_from(of_fold.len()).unwrap_or(u16::MAX).max(1));
            unseen.extend(of_fold.iter().map(|example| Unseen {
                log_odds: log_odds(&views, &example.features),
                is_spam,
                weight,
            }));
        }
    }
    (learn_views(examples, plan, &|_| true), Fusion::fit(&unseen))
}

/// Gives examples weights so that neither spam nor HTML is more frequent than the other, and HTML says nothing by
/// itself: in the mail of today both kinds are written in it. `kinds` says of each example whether it is HTML.
pub fn balance(examples: &mut [Example], kinds: &[bool]) {
    let number = |count: usize| f32::from(u16::try_from(count).unwrap_or(u16::MAX).max(1));
    let of = |examples: &[Example], is_spam, is_html| {
        let same = |(example, kind): (&Example, &bool)| example.is_spam == is_spam && *kind == is_html;
        number(examples.iter().zip(kinds).filter(|pair| same(*pair)).count())
    };
    let counts = [false, true].map(|is_spam| [false, true].map(|is_html| of(examples, is_spam, is_html)));
    let quarter = number(examples.len()) / 4.0;
    for (example, is_html) in examples.iter_mut().zip(kinds) {
        let [good, spam] = counts;
        let [plain, html] = if example.is_spam { spam } else { good };
        example.weight = (quarter / if *is_html { html } else { plain }).min(2.0);
    }
}
