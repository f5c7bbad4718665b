//! What is printed from the code and committed, so that a reader sees in a difference what a change does.
//! `cargo golden` writes it anew.

use std::{fs, path::Path};

/// Compares with a committed file below the project's folder, or writes it where `GATEPOST_GOLDEN` is set.
pub(crate) fn same(path: &str, printed: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(path);
    if std::env::var_os("GATEPOST_GOLDEN").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, printed).unwrap();
        return;
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    if committed == printed {
        return;
    }
    let changed = printed.lines().zip(committed.lines()).find(|(new, old)| new != old);
    panic!("{path} is not what the code says; `cargo golden` writes it anew. First difference: {changed:?}");
}
