//! `panel-twins FOLDER` writes a `.br` and a `.gz` beside every text and wasm file of the built panel, so that
//! the server compresses nothing. Prints `name<TAB>bytes<TAB>gzip<TAB>brotli` for each.

use anyhow::{Context, Result};
use std::{fs, io::Write, path::Path};

const COMPRESSED: [&str; 7] = ["wasm", "js", "css", "html", "svg", "json", "txt"];

fn main() -> Result<()> {
    let folder = std::env::args().nth(1).context("which folder?")?;
    compress(Path::new(&folder))
}

fn compress(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            compress(&path)?;
            continue;
        }
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or("");
        if !COMPRESSED.contains(&ending) {
            continue;
        }
        let raw = fs::read(&path)?;
        let brotli = brotli_of(&raw)?;
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        gzip.write_all(&raw)?;
        let gzip = gzip.finish()?;
        let name = path.display();
        writeln!(std::io::stdout(), "{name}\t{}\t{}\t{}", raw.len(), gzip.len(), brotli.len())?;
        fs::write(format!("{name}.br"), brotli)?;
        fs::write(format!("{name}.gz"), gzip)?;
    }
    Ok(())
}

fn brotli_of(raw: &[u8]) -> Result<Vec<u8>> {
    let mut compressed = Vec::new();
    let quality = brotli::enc::BrotliEncoderParams {
        quality: 11,
        lgwin: 22,
        size_hint: raw.len(),
        ..Default::default()
    };
    brotli::BrotliCompress(&mut &*raw, &mut compressed, &quality)?;
    Ok(compressed)
}
