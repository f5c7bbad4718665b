//! Sets up what a fresh machine lacks: the wasm target of rustup, trunk and the panel's build programs in
//! `.tools/`. What is there in the right version is used as it is.

use crate::project::{Project, output, run, step};
use anyhow::{Context, Result, bail};
use std::{fs, path::PathBuf};

/// The version of trunk, which builds the panel.
const TRUNK: &str = "0.21.14";
const WASM: &str = "wasm32-unknown-unknown";
/// What the panel's build programs are made of.
const SOURCES: [&str; 3] = ["xtask/src/bin", "xtask/Cargo.toml", "rust-toolchain.toml"];

/// Installs what the panel's build needs and hands over the folder of its programs.
pub(crate) fn for_panel(project: &Project) -> Result<PathBuf> {
    compiler(project)?;
    wasm_target(project)?;
    trunk(project)?;
    panel_tools(project)?;
    Ok(project.tools().join("bin"))
}

/// Some crates have parts in C.
pub(crate) fn compiler(project: &Project) -> Result<()> {
    output(project.command("cc").arg("--version"))
        .context("a C compiler is needed: install gcc or clang (Debian: apt-get install build-essential)")?;
    Ok(())
}

/// The standard library for the browser.
pub(crate) fn wasm_target(project: &Project) -> Result<()> {
    let sysroot = output(project.command("rustc").args(["--print", "sysroot"]))?;
    if PathBuf::from(sysroot.trim()).join("lib/rustlib").join(WASM).is_dir() {
        return Ok(());
    }
    step("adding the wasm target to the Rust toolchain (30 MB, once)", || {
        run(project.command("rustup").args(["target", "add", WASM]))
            .context("the wasm target is needed, and rustup adds it: see https://rustup.rs")
    })
}

fn trunk(project: &Project) -> Result<()> {
    let program = project.tools().join("bin/trunk");
    let version = output(project.command(&program).arg("--version")).unwrap_or_default();
    if version.trim() == format!("trunk {TRUNK}") {
        return Ok(());
    }
    step("building trunk, which builds the panel (once; about 5 minutes on 2 cores)", || {
        let build = project.tools().join("build-trunk");
        let mut install = project.cargo(&["install", "trunk", "--version", TRUNK, "--locked", "--force"]);
        install.arg("--root").arg(project.tools()).arg("--target-dir").arg(&build);
        install
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
            .env("CARGO_PROFILE_RELEASE_LTO", "false")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "64");
        run(&mut install)?;
        fs::remove_dir_all(build).context("cannot remove the build folder of trunk")
    })
}

fn panel_tools(project: &Project) -> Result<()> {
    let stamp = project.tools().join("panel-tools.stamp");
    let made_of = format!("{} {}", project.fingerprint(&SOURCES)?, bindgen_version(project)?);
    let programs = [("panel-bindgen", "wasm-bindgen"), ("panel-twins", "panel-twins")];
    let bin = project.tools().join("bin");
    let present = programs.iter().all(|(_, name)| bin.join(name).is_file());
    if present && fs::read_to_string(&stamp).is_ok_and(|last| last == made_of) {
        return Ok(());
    }
    step("building wasm-bindgen for the panel (once; about 2 minutes on 2 cores)", || {
        let build = project.tools().join("build-panel-tools");
        let mut cargo =
            project.cargo(&["build", "--package", "xtask", "--features", "panel-tools", "--release"]);
        cargo.args(["--bin", "panel-bindgen", "--bin", "panel-twins", "--quiet"]);
        cargo.args(["--config", "profile.release.opt-level=1"]);
        cargo.args(["--config", "profile.release.package.brotli.opt-level=3"]);
        run(cargo.arg("--target-dir").arg(&build))?;
        fs::create_dir_all(&bin)?;
        for (program, name) in programs {
            fs::copy(build.join("release").join(program), bin.join(name))?;
        }
        fs::remove_dir_all(build)?;
        fs::write(stamp, made_of).context("cannot write to .tools")
    })
}

/// The version of the crate `wasm-bindgen` that the panel is built with.
fn bindgen_version(project: &Project) -> Result<String> {
    let lock = fs::read_to_string(project.root.join("Cargo.lock")).context("cannot read Cargo.lock")?;
    let version = lock
        .split("name = \"wasm-bindgen\"\nversion = \"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .map(str::to_owned);
    match version {
        Some(version) => Ok(version),
        None => bail!("Cargo.lock has no wasm-bindgen"),
    }
}
