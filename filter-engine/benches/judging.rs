//! What judging costs: `cargo bench -p filter-engine`. Parsing, checks and learned model together, of messages of about
//! 10 kB, on one core; the best of several rounds, because others use the machine, too.
#![expect(clippy::print_stdout, reason = "a measurement reports on standard output")]

use contract::settings::Settings;
use filter_engine::{Envelope, Facts, Message, evaluate};
use std::{
    hint::black_box,
    time::{Duration, Instant},
};

const ROUNDS: u32 = 20;
const MESSAGES: u32 = 200;

fn letter() -> String {
    let text = "Dear Jane, the minutes of our meeting are on the shelf beside the door, and 14 of us come on Friday.\r\n";
    format!(
        "From: Peter <peter@example.org>\r\nTo: jane@example.net\r\nSubject: Minutes\r\nMessage-ID: <1@example.org>\r\n\
         Date: Mon, 2 Nov 2026 10:00:00 +0100\r\n\r\n{}",
        text.repeat(100)
    )
}

fn newsletter() -> String {
    let row = "<tr><td style=\"padding:8px\"><a href=\"https://shop.example/item?id=7\"><img src=\"https://img.shop.example/7.jpg\" \
               alt=\"\"></a></td><td><h2>A bench for the garden</h2><p>Oak, two metres, delivered free until Friday.</p></td></tr>\r\n";
    format!(
        "From: Shop <news@shop.example>\r\nTo: jane@example.net\r\nSubject: New in the shop\r\nMessage-ID: <1@shop.example>\r\n\
         Date: Mon, 2 Nov 2026 10:00:00 +0100\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><body><table>{}</table></body></html>",
        row.repeat(45)
    )
}

fn judge(bytes: &[u8], settings: &Settings) -> f64 {
    evaluate(&Message::parse(Envelope::default(), black_box(bytes)), &Facts::default(), settings).score
}

fn main() {
    let settings = Settings::default();
    for (name, message) in [("letter", letter()), ("newsletter", newsletter())] {
        judge(message.as_bytes(), &settings);
        let mut best = Duration::MAX;
        for _ in 0..ROUNDS {
            let began = Instant::now();
            for _ in 0..MESSAGES {
                black_box(judge(message.as_bytes(), &settings));
            }
            best = best.min(began.elapsed() / MESSAGES);
        }
        let micros = best.as_secs_f64() * 1e6;
        println!("{name} of {} bytes: {micros:.0} µs, {:.0} a second", message.len(), 1e6 / micros);
    }
}
