//! The panel's files: embedded from `dist/` in release builds, read from there in others, with their `.br` and
//! `.gz` twins. Every page of the panel is `index.html`; its policy allows our own files and, by their hashes, the
//! scripts written in it (trunk's loader), and nothing else.

use crate::{error::ApiError, spec};
use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, header},
    web::{self, ServiceConfig},
};
use rust_embed::{Embed, EmbeddedFile};
use sha2::{Digest, Sha256};

#[derive(Embed)]
#[folder = "../dist"]
#[allow_missing = true]
struct Dist;

const INDEX: &str = "index.html";

/// The panel takes every path that nothing else took.
pub fn routes(config: &mut ServiceConfig) {
    config.default_service(web::to(serve));
}

async fn serve(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let path = request.path().trim_start_matches('/');
    if path == "api" || path.starts_with("api/") {
        return Err(spec::no_such_operation(request.path()));
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Err(ApiError {
            allow: Some("GET, HEAD".into()),
            ..ApiError::new(contract::problem::ErrorCode::MethodNotAllowed)
        });
    }
    let is_file = path.rsplit('/').next().is_some_and(|name| name.contains('.'));
    let name = if is_file { path } else { INDEX };
    let accepted = request.headers().get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    match find(name, accepted.unwrap_or_default()) {
        Some((file, encoding)) => Ok(answer(&request, name, file, encoding)),
        None if is_file => Err(ApiError::not_found()),
        None => Ok(HttpResponse::NotFound().content_type("text/plain").body("The panel is not built.\n")),
    }
}

/// The file, or the twin that the browser takes.
fn find(name: &str, accepted: &str) -> Option<(EmbeddedFile, Option<&'static str>)> {
    if name.ends_with(".br") || name.ends_with(".gz") {
        return None;
    }
    let takes = |encoding| {
        accepted.split(',').any(|part| part.split(';').next().unwrap_or_default().trim() == encoding)
    };
    for (encoding, ending) in [("br", "br"), ("gzip", "gz")] {
        if takes(encoding)
            && let Some(file) = Dist::get(&format!("{name}.{ending}"))
        {
            return Some((file, Some(encoding)));
        }
    }
    Dist::get(name).map(|file| (file, None))
}

fn answer(request: &HttpRequest, name: &str, file: EmbeddedFile, encoding: Option<&str>) -> HttpResponse {
    let hash: String =
        file.metadata.sha256_hash().iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    let tag = format!("\"{hash}\"");
    let known = request.headers().get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let is_known = known.is_some_and(|known| known.split(',').any(|one| one.trim() == tag));
    let mut answer = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    let is_index = name == INDEX;
    // trunk writes a hash of the content into every file's name but these.
    let is_named_by_content = !is_index && name.rsplit('/').next().is_some_and(|name| name.contains('-'));
    answer
        .content_type(mime_guess::from_path(name).first_or_octet_stream().as_ref())
        .insert_header((header::ETAG, tag))
        .insert_header((header::VARY, "Accept-Encoding"))
        .insert_header((
            header::CACHE_CONTROL,
            if is_named_by_content { "public, max-age=31536000, immutable" } else { "no-cache" },
        ));
    if is_index {
        let html = Dist::get(INDEX).map(|file| String::from_utf8_lossy(&file.data).into_owned());
        answer.insert_header((header::CONTENT_SECURITY_POLICY, policy(&html.unwrap_or_default())));
    }
    if is_known {
        // Nothing may follow the head of a 304: the next answer on this connection begins there (RFC 9110 §15.4.5).
        return answer.finish();
    }
    if let Some(encoding) = encoding {
        answer.insert_header((header::CONTENT_ENCODING, encoding));
    }
    answer.body(file.data.into_owned())
}

/// The policy of a page (P16): what it loads comes from us, and the scripts in it are known by their hashes.
fn policy(html: &str) -> String {
    let hashes: String = inline_scripts(html)
        .iter()
        .map(|script| format!(" 'sha256-{}'", base64(&Sha256::digest(script))))
        .collect();
    format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'{hashes}; style-src 'self'; \
         img-src 'self' data:; connect-src 'self'; font-src 'self'; frame-src 'self'; manifest-src 'self'; \
         base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
}

/// The text of every `<script>` without `src`.
fn inline_scripts(html: &str) -> Vec<&str> {
    let mut scripts = Vec::new();
    let mut rest = html;
    while let Some((_, after)) = rest.split_once("<script") {
        let Some((tag, body)) = after.split_once('>') else { break };
        let Some((text, next)) = body.split_once("</script>") else { break };
        if !tag.split_whitespace().any(|attribute| attribute.starts_with("src=")) {
            scripts.push(text);
        }
        rest = next;
    }
    scripts
}

/// Base64 (RFC 4648 §4), as a policy writes hashes.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let number = chunk.iter().fold(0_usize, |number, byte| number << 8 | usize::from(*byte))
            << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let letter = ALPHABET.get(number >> (18 - 6 * place) & 63).copied().map_or('=', char::from);
            text.push(if place <= chunk.len() { letter } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// P16.
    #[test]
    fn the_policy_knows_the_loader_by_its_hash_and_allows_no_other_script() {
        let html = "<html><script src=\"/a.js\"></script><script type=\"module\">go()</script></html>";
        assert_eq!(inline_scripts(html), ["go()"]);
        let policy = policy(html);
        assert!(policy.contains(&format!("'sha256-{}'", base64(&Sha256::digest("go()")))), "{policy}");
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{policy}");
    }

    #[test]
    fn base64_is_that_of_rfc_4648() {
        for (text, encoded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(text.as_bytes()), encoded);
        }
    }
}
