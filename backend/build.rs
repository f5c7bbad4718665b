//! Tells cargo what else the program is made of: the migrations and the panel.

fn main() {
    println!("cargo:rerun-if-changed=../migrations");
    println!("cargo:rerun-if-changed=../dist");
}
