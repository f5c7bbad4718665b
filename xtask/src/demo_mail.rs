//! The mail of the demo: patterns from `demo/messages.txt`, spread over the past week. The first line of a
//! pattern is `classification score weight host ip sender attachments spf status symbol:weight;…`.

use anyhow::{Context, Result};
use serde_json::{Value, json};

const PATTERNS: &str = include_str!("../demo/messages.txt");
const DAY: u64 = 86_400_000;

/// One message of the past week for one recipient.
pub(crate) struct DemoMessage {
    /// As a node reports it.
    pub record: Value,
    /// What happened to it afterwards.
    pub event: Option<Value>,
    /// The node's id of it.
    pub message_id: String,
    /// Its content, where it is held.
    pub held: Option<String>,
}

struct Pattern<'a> {
    fields: Vec<&'a str>,
    content: &'a str,
}

impl Pattern<'_> {
    fn field(&self, index: usize) -> &str {
        self.fields.get(index).copied().unwrap_or_default()
    }

    fn share(&self) -> u64 {
        self.field(2).parse().unwrap_or(1)
    }

    fn header(&self, name: &str) -> &str {
        let mut lines = self.content.lines().take_while(|line| !line.is_empty());
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).unwrap_or_default()
    }
}

fn patterns() -> Result<Vec<Pattern<'static>>> {
    let blocks = PATTERNS.split("=====\n").filter(|block| !block.trim().is_empty());
    blocks
        .map(|block| {
            let (fields, content) = block.split_once('\n').context("a pattern without content")?;
            Ok(Pattern { fields: fields.split(' ').collect(), content })
        })
        .collect()
}

/// Makes a week of mail that ends at `now` (milliseconds since 1970), busier by day than by night.
pub(crate) fn week(now: u64, node_number: u64, recipients: &[&str], count: u64) -> Result<Vec<DemoMessage>> {
    let patterns = patterns()?;
    let shares: u64 = patterns.iter().map(Pattern::share).sum();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut messages = Vec::new();
    for sequence in 0..count {
        let mut drawn = random.below(shares);
        let pattern = patterns.iter().find(|pattern| {
            let is_drawn = drawn < pattern.share();
            drawn = drawn.saturating_sub(pattern.share());
            is_drawn
        });
        let recipient =
            usize::try_from(random.below(7)).ok().and_then(|at| recipients.get(at % recipients.len()));
        let (Some(pattern), Some(recipient)) = (pattern, recipient) else { continue };
        let time = moment(now, &mut random);
        let id = (time << 12) | ((node_number & 15) << 8) | (sequence & 255);
        messages.push(message(pattern, id, recipient, random.below(90) + 10));
    }
    Ok(messages)
}

/// Some instant of the last seven days; three of four fall into office hours.
fn moment(now: u64, random: &mut Random) -> u64 {
    let day = (now - random.below(7) * DAY) / DAY * DAY;
    let hours = if random.below(4) == 0 { 0..24 } else { 7..18 };
    let time = day + hours.start * 3_600_000 + random.below((hours.end - hours.start) * 3_600_000);
    if time < now { time } else { time - DAY }
}

fn message(pattern: &Pattern, id: u64, recipient: &str, number: u64) -> DemoMessage {
    let fill = |text: &str| text.replace("{n}", &number.to_string());
    let domain = recipient.rsplit('@').next().unwrap_or_default();
    let content = fill(&format!(
        "Received: from {} ([{}]) by localhost with ESMTP\r\nTo: {recipient}\r\nMessage-ID: <{id}@{}>\r\n{}",
        pattern.field(3),
        pattern.field(4),
        pattern.field(3),
        pattern.content.replace('\n', "\r\n"),
    ));
    let status = pattern.field(8);
    let is_held = status == "quarantined";
    let message_id = format!("demo-{id}");
    let score: Option<f64> = pattern.field(1).parse().ok();
    let evidence: Vec<Value> = pattern.field(9).split(';').filter_map(evidence).collect();
    let reply = match status {
        "quarantined" => "550 5.7.1 the message looks like spam",
        "rejected" => "550 5.1.1 no such recipient",
        _ => "250 2.0.0 accepted",
    };
    let record = json!({
        "id": id, "message_id": message_id, "domain": domain, "sender": fill(pattern.field(5)),
        "recipient": recipient, "sender_ip": pattern.field(4), "sender_host": fill(pattern.field(3)),
        "helo": fill(pattern.field(3)), "is_encrypted": !number.is_multiple_of(4), "subject": fill(pattern.header("Subject")),
        "header_from": pattern.header("From"), "header_to": recipient, "size": content.len(),
        "classification": pattern.field(0), "status": if status == "delivered" { "queued" } else { status },
        "reply": reply, "score": score, "evidence": evidence,
        "unsure_threshold": score.map(|_| 0.1), "quarantine_threshold": score.map(|_| 0.9),
        "authentication": { "spf": pattern.field(7), "dkim": pattern.field(7), "dmarc": pattern.field(7) },
        "attachments": pattern.field(6).parse().unwrap_or(0), "hold_days": is_held.then_some(28),
    });
    let event = (status == "delivered").then(|| {
        json!({
            "record": id, "id": id + (number << 12), "kind": "delivered", "host": "127.0.0.1:2526",
            "reply": "250 2.0.0 taken", "size": content.len(),
        })
    });
    DemoMessage { record, event, message_id, held: is_held.then_some(content) }
}

fn evidence(text: &str) -> Option<Value> {
    let (symbol, weight) = text.split_once(':')?;
    let weight: f64 = weight.parse().ok()?;
    Some(json!({ "symbol": symbol, "weight": weight }))
}

/// Repeatable numbers (xorshift): the demo looks the same everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit.max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_week_of_the_demo_is_as_large_as_asked_and_in_the_past() {
        let now = 1_700_000_000_000;
        let week = week(now, 1, &["user@harbour.example", "amy@orchard.example"], 300).unwrap();
        assert_eq!(week.len(), 300);
        for message in &week {
            let time = message.record["id"].as_u64().unwrap() >> 12;
            assert!(time < now && time > now - 8 * DAY);
        }
        assert!(week.iter().any(|message| message.held.is_some()));
    }
}
