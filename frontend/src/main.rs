//! The panel's program.

fn main() {
    frontend::start();
}
