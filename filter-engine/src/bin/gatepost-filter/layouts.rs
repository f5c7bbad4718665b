//! The layouts in which seeds are learned: as mail programs, shops and newsletters write. Good mail and spam come in
//! the same ones. Everything follows from the seed and its number; nothing is random.

use crate::seeds::Seed;

/// How a message looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// Plain text.
    Plain,
    /// A button below a text.
    Button,
    /// A newsletter: logo, menu, several articles with images and buttons, small print.
    Newsletter,
    /// A page of the first years of HTML: nested tables, fonts, a long column of short articles.
    Classic,
    /// What a person writes in a mail program.
    Person,
    /// A notice with a table of facts.
    Notice,
}

impl Layout {
    /// Every layout.
    pub(crate) const ALL: [Self; 6] =
        [Self::Plain, Self::Button, Self::Newsletter, Self::Classic, Self::Person, Self::Notice];
}

/// Makes a message of a seed; the others lend their texts to layouts with several articles.
pub(crate) fn compose(seed: &Seed<'_>, others: &[&Seed<'_>], layout: Layout) -> String {
    let sender = Sender::of(seed);
    let html = match layout {
        Layout::Plain => return whole(&sender, seed, "text/plain", &plain(&sender, seed, &[]), 0),
        Layout::Button => button(&sender, seed),
        Layout::Newsletter => newsletter(&sender, seed, others),
        Layout::Classic => classic(&sender, seed, others),
        Layout::Person => person(&sender, seed),
        Layout::Notice => notice(&sender, seed),
    };
    let articles = if matches!(layout, Layout::Newsletter | Layout::Classic) { others } else { &[] };
    // Who sends mail that was asked for mostly writes it twice; spammers seldom do.
    let has_alternative =
        if seed.is_spam { seed.number.is_multiple_of(3) } else { !seed.number.is_multiple_of(4) };
    if !has_alternative {
        return whole(&sender, seed, "text/html", &html, kind_number(layout));
    }
    let plain = plain(&sender, seed, articles);
    let body = format!(
        "--=_part_1\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{plain}\n--=_part_1\n\
         Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{html}\n--=_part_1--\n"
    );
    whole(&sender, seed, "multipart/alternative; boundary=\"=_part_1\"", &body, kind_number(layout))
}

fn kind_number(layout: Layout) -> usize {
    Layout::ALL.iter().position(|one| *one == layout).unwrap_or_default()
}

/// Endings that real domains have, in place of the `.example` that seeds are written with.
const GOOD_ENDINGS: [&str; 6] = ["com", "com", "net", "org", "de", "co.uk"];
const SPAM_ENDINGS: [&str; 8] = ["com", "com", "net", "info", "top", "xyz", "ru", "online"];

/// Where a message comes from and where its links go.
struct Sender {
    from: String,
    domain: String,
    /// The host of its links: its own, or, of every other spam, one that has nothing to do with it.
    host: String,
    ending: &'static str,
}

impl Sender {
    fn of(seed: &Seed<'_>) -> Self {
        let endings: &[&'static str] = if seed.is_spam { &SPAM_ENDINGS } else { &GOOD_ENDINGS };
        let ending = endings.iter().cycle().nth(seed.number).copied().unwrap_or("com");
        let from = real(seed.from, ending);
        let domain = from.rsplit_once('@').map_or("", |(_, domain)| domain.trim_end_matches('>')).to_owned();
        let target = seed.links.first().map(|(target, _)| real(target, ending)).unwrap_or_default();
        let host = target.split('/').nth(2).unwrap_or(&domain).to_owned();
        let host = match (seed.is_spam, seed.number % 2) {
            (true, 1) => STRANGERS.iter().cycle().nth(seed.number).map_or(host, |host| (*host).to_owned()),
            _ => host,
        };
        Self { from, domain, host, ending }
    }

    /// A target on the host of its links.
    fn link(&self, target: &str) -> String {
        let path = real(target, self.ending);
        let path = path.splitn(4, '/').nth(3).unwrap_or_default().to_owned();
        format!("https://{}/{path}", self.host)
    }
}

/// Hosts that were broken into or hired for a day.
const STRANGERS: [&str; 7] = [
    "wp.smalltown-plumber.com",
    "docs-4f7a91.web.app",
    "rb8827.top",
    "cdn.storage-view-193.workers.dev",
    "old-school-band.net",
    "secure-0a71.ru",
    "lnk.track-883.xyz",
];

fn real(text: &str, ending: &str) -> String {
    text.replace(".example", &format!(".{ending}"))
}

/// The header and the body.
fn whole(sender: &Sender, seed: &Seed<'_>, kind: &str, body: &str, variant: usize) -> String {
    let number = seed.number * 7 + variant;
    let domain = &sender.domain;
    let id = match number % 5 {
        0 => format!("<20261102.{number}.a@mail.{domain}>"),
        1 => format!("<{:08x}-7c2e-4f0a-9b1d-{:012x}@{domain}>", number * 7919, number * 104_729),
        2 => format!("<0102018c{:08x}-{:08x}-000000@eu-west-1.amazonses.com>", number * 7919, number * 31),
        3 => format!("<{number}1234.5678.1762074000.JavaMail.app@{domain}>"),
        _ => format!("<CAK{:06X}x+{:06X}@mail.{domain}>", number * 7919, number * 131),
    };
    let to = match number % 4 {
        0 => "user@recipient.test",
        1 => "<user@recipient.test>",
        2 => "Alex Miller <user@recipient.test>",
        _ => "\"user@recipient.test\" <user@recipient.test>",
    };
    let zone = ["+0000", "+0100", "-0500", "-0800"].iter().cycle().nth(number).copied().unwrap_or("+0000");
    let date = if number.is_multiple_of(3) { format!("{zone} (UTC)") } else { zone.to_owned() };
    let subject = real(seed.subject, sender.ending);
    let reply = if number % 3 == 1 { format!("Reply-To: {}\n", sender.from) } else { String::new() };
    let program = match number % 7 {
        0 => "X-Mailer: Microsoft Outlook 16.0\n",
        1 => "X-Mailer: iPhone Mail (20A380)\n",
        2 => "User-Agent: Mozilla Thunderbird\n",
        3 => "X-Mailer: PHPMailer 6.5.3\n",
        _ => "",
    };
    let fields = [
        program.to_owned(),
        format!("From: {}\n", sender.from),
        format!("Subject: {subject}\n"),
        format!("To: {to}\n"),
        format!("Date: Mon, 2 Nov 2026 10:00:00 {date}\n"),
        format!("Message-ID: {id}\n"),
        reply,
    ];
    let mut head = String::new();
    for place in 0..fields.len() {
        head.extend(fields.iter().cycle().nth(place + number % 7).map(String::as_str));
    }
    let kind = if kind.starts_with("text") {
        format!("{kind}; charset={}", if number.is_multiple_of(2) { "utf-8" } else { "\"UTF-8\"" })
    } else {
        kind.to_owned()
    };
    format!("{head}MIME-Version: 1.0\nContent-Type: {kind}\n\n{body}\n")
}

fn plain(sender: &Sender, seed: &Seed<'_>, articles: &[&Seed<'_>]) -> String {
    let mut text = real(seed.text, sender.ending);
    for (target, words) in &seed.links {
        text.push_str(&format!("\n\n{words}: {}", sender.link(target)));
    }
    for (number, article) in articles.iter().enumerate() {
        text.push_str(&format!(
            "\n\n{}\n{}\nhttps://{}/a/{number}",
            article.subject, article.text, sender.host
        ));
    }
    text
}

fn button(sender: &Sender, seed: &Seed<'_>) -> String {
    let links: String = seed
        .links
        .iter()
        .map(|(target, words)| {
            let target = sender.link(target);
            format!("<tr><td><a href=\"{target}\" style=\"padding:12px\">{words}</a></td></tr>")
        })
        .collect();
    let text = &seed.text;
    format!(
        "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><style>body{{margin:0}}</style></head><body>\
         <table width=\"100%\"><tr><td align=\"center\"><table width=\"600\"><tr><td><p>{text}</p></td></tr>\
         {links}</table></td></tr></table></body></html>"
    )
}

/// The first words of a text.
fn teaser(text: &str) -> String {
    text.split_whitespace().take(45).collect::<Vec<_>>().join(" ")
}

fn newsletter(sender: &Sender, seed: &Seed<'_>, others: &[&Seed<'_>]) -> String {
    let (host, domain) = (&sender.host, &sender.domain);
    let mut page = format!(
        "<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Transitional//EN\" \"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd\">\n\
         <html xmlns=\"http://www.w3.org/1999/xhtml\"><head><meta http-equiv=\"Content-Type\" content=\"text/html; charset=utf-8\" />\
         <meta name=\"viewport\" content=\"width=device-width\" /><title>{subject}</title><style type=\"text/css\">@media only screen and \
         (max-width:600px){{.w{{width:100%!important}}}}</style></head>\n<body style=\"margin:0;background:#f4f4f4\">\
         <div style=\"display:none;max-height:0\">{preheader}</div>\n<center><table width=\"100%\" cellpadding=\"0\" border=\"0\"><tbody>\
         <tr><td align=\"center\"><table class=\"w\" width=\"600\"><tbody><tr><td><a href=\"https://{host}/?utm_source=mail\">\
         <img src=\"https://img.{host}/logo.png\" width=\"180\" alt=\"{domain}\" border=\"0\" /></a></td></tr>\n<tr><td>",
        subject = seed.subject,
        preheader = teaser(seed.text),
    );
    for word in ["News", "Service", "Help"] {
        page.push_str(&format!(
            "<a href=\"https://{host}/{word}\" style=\"color:#333\">{word}</a> &nbsp;|&nbsp; "
        ));
    }
    page.push_str(&format!("</td></tr>\n<tr><td><h1>{}</h1><p>{}</p></td></tr>\n", seed.subject, seed.text));
    for (target, words) in &seed.links {
        page.push_str(&format!(
            "<tr><td bgcolor=\"#0055aa\"><a href=\"{}\" style=\"color:#fff\"><strong>{words}</strong></a></td></tr>\n",
            sender.link(target)
        ));
    }
    for (number, other) in others.iter().take(seed.number % 5).enumerate() {
        page.push_str(&format!(
            "<tr><td><table width=\"100%\"><tbody><tr><td width=\"200\"><a href=\"https://{host}/a/{number}?id=81\">\
             <img src=\"https://img.{host}/p/{number}.jpg\" width=\"200\" alt=\"\" border=\"0\" /></a></td><td><h2>{}</h2><p>{}</p>\
             <p><a href=\"https://{host}/a/{number}?id=82\">{}</a></p></td></tr></tbody></table></td></tr>\n",
            other.subject,
            teaser(other.text),
            other.links.first().map_or("Read more", |(_, words)| words),
        ));
    }
    let network = ["www.facebook.com", "twitter.com", "www.instagram.com", "www.linkedin.com"];
    let network = network.iter().cycle().nth(seed.number).copied().unwrap_or_default();
    page.push_str(&format!(
        "<tr><td style=\"font-size:11px;color:#888\"><a href=\"https://{network}/{domain}\"><img src=\"https://img.{host}/s.png\" alt=\"\" /></a>\
         <p>This message was sent to user@recipient.test by {domain}, 12 Market Street. \
         <a href=\"https://{host}/unsubscribe?u=7f1\">Unsubscribe</a> | <a href=\"https://{host}/view\">View in browser</a></p></td></tr>\
         </tbody></table></td></tr></tbody></table></center><img src=\"https://{host}/o.gif\" width=\"1\" height=\"1\" alt=\"\" /></body></html>"
    ));
    page
}

fn classic(sender: &Sender, seed: &Seed<'_>, others: &[&Seed<'_>]) -> String {
    let host = &sender.host;
    let mut page = format!(
        "<HTML><HEAD><TITLE>{subject}</TITLE></HEAD><BODY BGCOLOR=\"#FFFFFF\" LINK=\"#0000CC\">\n<CENTER><TABLE WIDTH=600 BORDER=0 \
         CELLPADDING=4 CELLSPACING=0><TR><TD BGCOLOR=\"#003399\"><A HREF=\"http://{host}/\"><IMG SRC=\"http://{host}/i/top.gif\" \
         WIDTH=600 HEIGHT=60 BORDER=0></A></TD></TR>\n<TR><TD><TABLE WIDTH=\"100%\"><TR><TD VALIGN=top WIDTH=150 BGCOLOR=\"#EEEEEE\">\
         <FONT FACE=\"Arial, Helvetica\" SIZE=1>",
        subject = seed.subject,
    );
    for (number, other) in others.iter().enumerate() {
        page.push_str(&format!("<A HREF=\"http://{host}/go?{number}\">{}</A><BR>\n", other.subject));
    }
    page.push_str(&format!(
        "</FONT></TD><TD VALIGN=top><FONT FACE=\"Arial, Helvetica\" SIZE=3><B>{}</B></FONT><BR><FONT SIZE=2>{}</FONT><P>\n",
        seed.subject, seed.text
    ));
    for (target, words) in &seed.links {
        page.push_str(&format!("<A HREF=\"{}\"><B>{words}</B></A><BR>\n", sender.link(target)));
    }
    for (number, other) in others.iter().take(1 + seed.number % 6).enumerate() {
        page.push_str(&format!(
            "<HR SIZE=1><FONT COLOR=\"#990000\"><B>{}</B></FONT><BR><FONT SIZE=2>{}<BR><A HREF=\"http://{host}/go?s={number}\">\
             <I>more</I></A></FONT><BR><BR>\n",
            other.subject, other.text
        ));
    }
    page.push_str(&format!(
        "</TD></TR></TABLE></TD></TR>\n<TR><TD><FONT SIZE=1>You receive this at user@recipient.test. To change your address or to stop, go \
         to <A HREF=\"http://{host}/subscriptions\">http://{host}/subscriptions</A>. Copyright 2026.</FONT></TD></TR></TABLE></CENTER>\n\
         </BODY></HTML>"
    ));
    page
}

/// What mail programs and firms put below a message of a person.
fn signature(sender: &Sender, seed: &Seed<'_>) -> String {
    let name = sender.from.split(['<', '@']).next().unwrap_or_default().trim().trim_matches('"');
    let domain = &sender.domain;
    // Spam seldom takes the trouble.
    match if seed.is_spam { seed.number % 12 } else { seed.number % 6 } {
        0 => format!(
            "<p>Kind regards</p><p><b>{name}</b><br>Senior Manager | <a href=\"http://www.{domain}/\">www.{domain}</a><br>\
             Phone +1 555 010 0199<br><a href=\"https://www.linkedin.com/company/{domain}\">LinkedIn</a> \
             <a href=\"https://twitter.com/{name}\"><img src=\"cid:image001.png\" alt=\"Twitter\"></a> \
             <a href=\"https://www.facebook.com/{domain}/\"><img src=\"cid:image002.png\" alt=\"Facebook\"></a></p>"
        ),
        1 => "<p>Get <a href=\"https://aka.ms/o0ukef\">Outlook for iOS</a></p>".to_owned(),
        2 => format!(
            "<p>Sent from my iPhone</p><blockquote type=\"cite\"><div>On 1 Nov 2026, user wrote:<br>{}</div></blockquote>",
            teaser(seed.text)
        ),
        3 => format!(
            "<p>{name}<br>Department of Engineering<br><a href=\"mailto:info@{domain}\">info@{domain}</a></p>"
        ),
        4 => format!(
            "<p>{name}</p><p style=\"font-size:8pt;color:gray\">This message and its attachments are intended for the addressee only. If you \
             received it in error, delete it and tell the sender. Please think of the environment before printing.</p>"
        ),
        _ => String::new(),
    }
}

fn person(sender: &Sender, seed: &Seed<'_>) -> String {
    let paragraphs = seed.text.split("\n\n");
    let signature = signature(sender, seed);
    if seed.number.is_multiple_of(2) {
        let text: String = paragraphs
            .map(|one| format!("<p class=\"MsoNormal\"><span lang=\"EN-US\">{one}<o:p></o:p></span></p>\n"))
            .collect();
        format!(
            "<html xmlns:v=\"urn:schemas-microsoft-com:vml\" xmlns:o=\"urn:schemas-microsoft-com:office:office\"><head>\
             <meta name=\"Generator\" content=\"Microsoft Word 15 (filtered medium)\"><style><!-- p.MsoNormal {{margin:0cm}} --></style>\
             </head><body lang=\"EN-US\"><div class=\"WordSection1\">{text}<p class=\"MsoNormal\"><o:p>&nbsp;</o:p></p>{signature}</div></body></html>"
        )
    } else {
        let text: String = paragraphs.map(|one| format!("<div>{one}</div><div><br></div>")).collect();
        format!("<div dir=\"ltr\">{text}{signature}</div>")
    }
}

fn notice(sender: &Sender, seed: &Seed<'_>) -> String {
    let rows: String = seed
        .text
        .split(". ")
        .map(|one| {
            format!(
                "<tr><td style=\"border-bottom:1px solid #ddd;padding:8px\">{one}</td><td>&nbsp;</td></tr>"
            )
        })
        .collect();
    let links: String = seed
        .links
        .iter()
        .map(|(target, words)| format!("<p><a href=\"{}\">{words}</a></p>", sender.link(target)))
        .collect();
    let host = &sender.host;
    format!(
        "<html><body style=\"font-family:Helvetica,Arial,sans-serif\"><div style=\"max-width:640px\"><img src=\"https://{host}/logo.png\" \
         height=\"32\"><h2>{}</h2><table cellspacing=\"0\">{rows}</table>{links}<hr><p style=\"font-size:12px\">{}<br>\
         <a href=\"https://{host}/help\">{host}</a></p></div></body></html>",
        seed.subject, sender.domain
    )
}
