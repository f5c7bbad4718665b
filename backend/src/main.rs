//! `gatepost`: the command line decides what runs.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match backend::command::run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("gatepost: {reason}");
            ExitCode::FAILURE
        }
    }
}
