//! Stand-in for the `wasm-bindgen` command that trunk calls: the same library code, at the version of
//! `Cargo.lock`, so that it never disagrees with the `wasm-bindgen` crate in the panel. It understands the
//! options that trunk passes and no others.

use anyhow::{Context, Result, bail};
use std::io::Write;
use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<()> {
    let mut bindgen = Bindgen::new();
    let (mut folder, mut input) = (None, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let (option, inline) = match argument.split_once('=') {
            Some((option, value)) => (option, Some(value.to_owned())),
            None => (argument.as_str(), None),
        };
        let mut value = || inline.clone().or_else(|| arguments.next()).context("an option lacks its value");
        match option {
            "--version" | "-V" => {
                writeln!(std::io::stdout(), "wasm-bindgen {}", locked_version()?)?;
                return Ok(());
            }
            "--target" => match value()?.as_str() {
                "web" => drop(bindgen.web(true)?),
                "no-modules" => drop(bindgen.no_modules(true)?),
                "bundler" => drop(bindgen.bundler(true)?),
                other => bail!("unknown target {other}"),
            },
            "--out-dir" => folder = Some(value()?),
            "--out-name" => drop(bindgen.out_name(&value()?)),
            "--no-typescript" => drop(bindgen.typescript(false)),
            "--keep-debug" => drop(bindgen.keep_debug(true)),
            "--debug" => drop(bindgen.debug(true)),
            "--no-demangle" => drop(bindgen.demangle(false)),
            "--reference-types" | "--weak-refs" => {}
            _ if option.starts_with("--") => bail!("unknown option {option}"),
            _ => input = Some(argument),
        }
    }
    bindgen.input_path(input.context("no input file")?);
    bindgen.generate(folder.context("no --out-dir")?)
}

/// The version of the crate `wasm-bindgen` in `Cargo.lock`.
fn locked_version() -> Result<&'static str> {
    let lock = include_str!("../../../Cargo.lock");
    lock.split("name = \"wasm-bindgen\"\nversion = \"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .context("Cargo.lock has no wasm-bindgen")
}
