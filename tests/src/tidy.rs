//! The rules of the house that no compiler checks: names, sizes, who may import whom, where texts live. Reads
//! the sources of this project and nothing else.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// The longest file, in lines without its unit tests. What is longer has two subjects.
const MOST_LINES: usize = 430;
/// Words that say nothing about what a file is for.
const EMPTY_WORDS: [&str; 8] =
    ["utils", "util", "helpers", "helper", "common", "misc", "manager", "processor"];
/// Who may import whom.
const ARROWS: [(&str, &[&str]); 7] = [
    ("openapi", &[]),
    ("filter-engine", &["contract"]),
    // Its tests of the API use the destination server.
    ("backend", &["contract", "filter-engine", "tests"]),
    ("smtp-node", &["contract", "filter-engine"]),
    ("frontend", &["contract"]),
    ("tests", &["backend", "contract", "filter-engine", "smtp-node"]),
    ("xtask", &["tests"]),
];

struct Source {
    /// Relative to the project's folder.
    path: String,
    text: String,
}

impl Source {
    /// The file without its unit tests at the bottom.
    fn proper(&self) -> &str {
        self.text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default()
    }

    /// The same without comments.
    fn code(&self) -> String {
        self.proper()
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .collect::<Vec<_>>()
            .join("\n")
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn sources() -> Vec<Source> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push(path);
            }
        }
    }
    let root = root();
    let mut found = Vec::new();
    for (folder, _) in ARROWS {
        walk(&root.join(folder), &mut found);
    }
    found.sort();
    let source = |path: PathBuf| Source {
        text: fs::read_to_string(&path).unwrap(),
        path: path.strip_prefix(&root).unwrap().to_string_lossy().into_owned(),
    };
    found.into_iter().map(source).collect()
}

fn nothing(found: Vec<String>, rule: &str) {
    assert!(found.is_empty(), "{rule}:\n  {}", found.join("\n  "));
}

fn where_holds(holds: impl Fn(&Source) -> bool) -> Vec<String> {
    sources().into_iter().filter(|source| holds(source)).map(|source| source.path).collect()
}

#[test]
fn every_file_has_one_subject_and_says_which() {
    let long = sources()
        .into_iter()
        .map(|source| (source.proper().lines().count(), source.path))
        .filter(|(lines, _)| *lines > MOST_LINES)
        .map(|(lines, path)| format!("{path}: {lines} lines"))
        .collect();
    nothing(long, "files are short");
    nothing(where_holds(|source| !source.text.starts_with("//!")), "files begin with what they are");
}

#[test]
fn files_are_named_after_what_they_are_about() {
    let empty = where_holds(|source| {
        let name = Path::new(&source.path).file_stem().unwrap().to_string_lossy().into_owned();
        name.split(['_', '-']).any(|word| EMPTY_WORDS.contains(&word))
    });
    nothing(empty, "names say something");
}

#[test]
fn nothing_is_generated_by_macros_of_our_own_or_left_for_later() {
    let forbidden = ["macro_rules", "TODO", "FIXME", "XXX"];
    let found = where_holds(|source| {
        source.path != "tests/src/tidy.rs" && forbidden.iter().any(|word| source.text.contains(word))
    });
    nothing(found, "no macros of our own, nothing left for later");
}

#[test]
fn crates_import_only_whom_they_may() {
    let ours: BTreeSet<&str> = ["contract", "filter-engine", "backend", "smtp-node", "tests"].into();
    let mut wrong = Vec::new();
    for (folder, allowed) in ARROWS {
        let manifest = fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap();
        for line in manifest.lines() {
            let name = line.split(['=', '.', ' ']).next().unwrap_or_default();
            let is_package_line = line.starts_with("name") || !line.contains('=');
            if !is_package_line && ours.contains(name) && !allowed.contains(&name) {
                wrong.push(format!("{folder} → {name}"));
            }
        }
    }
    nothing(wrong, "arrows between crates");
}

#[test]
fn only_the_configuration_reads_the_environment() {
    let found = where_holds(|source| {
        let is_program = ["backend/", "smtp-node/", "filter-engine/", "openapi/"]
            .iter()
            .any(|folder| source.path.starts_with(&format!("{folder}src/")));
        let may = source.path.ends_with("/config.rs") || source.path.contains("/config/");
        is_program && !may && source.code().contains("env::var")
    });
    nothing(found, "config.rs alone reads the environment");
}

#[test]
fn the_engine_is_pure() {
    let impure =
        ["std::fs", "std::net", "SystemTime", "Instant::now", "tokio::", "std::process", "std::thread"];
    let found = where_holds(|source| {
        let is_engine = source.path.starts_with("filter-engine/src/") && !source.path.contains("/bin/");
        is_engine && impure.iter().any(|word| source.code().contains(word))
    });
    nothing(found, "the engine has no clock and does no IO");
}

#[test]
fn modules_of_the_backend_import_downwards() {
    let upward = |source: &Source, forbidden: &[&str]| {
        forbidden.iter().any(|module| source.code().contains(&format!("crate::{module}")))
    };
    let found = where_holds(|source| {
        (source.path.starts_with("backend/src/db/") && upward(source, &["features", "access"]))
            || (source.path.starts_with("backend/src/access/") && upward(source, &["features"]))
    });
    nothing(found, "features use access and db, access uses db");
}

#[test]
fn sql_is_written_in_the_database_and_in_features() {
    let found = where_holds(|source| {
        let may = [
            "backend/src/db/",
            "backend/src/features/",
            "backend/src/jobs/",
            "backend/src/access/",
            "backend/src/audit",
        ]
        .iter()
        .any(|folder| source.path.starts_with(folder));
        source.path.starts_with("backend/src/") && !may && source.code().contains("sql_query(")
    });
    nothing(found, "SQL has its places");
}

#[test]
fn replies_of_smtp_are_written_in_one_file() {
    let found = where_holds(|source| {
        let is_node = source.path.starts_with("smtp-node/src/") && !source.path.contains("/protocol");
        let reply = |line: &str| {
            line.split('"').skip(1).step_by(2).any(|text| {
                let mut characters = text.chars();
                let code: String = characters.by_ref().take(3).collect();
                let is_code = code.len() == 3 && code.starts_with(['4', '5']) && code.parse::<u16>().is_ok();
                is_code
                    && characters.next() == Some(' ')
                    && characters.next().is_some_and(|it| it.is_ascii_alphanumeric())
            })
        };
        is_node && source.code().lines().any(reply)
    });
    nothing(found, "SMTP replies have one place");
}

fn locale(language: &str) -> BTreeMap<String, String> {
    let text = fs::read_to_string(root().join(format!("openapi/locales/{language}.json"))).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn every_text_the_panel_asks_for_is_there() {
    let texts = locale("en");
    let mut missing = BTreeSet::new();
    for source in sources().iter().filter(|source| source.path.starts_with("frontend/src/")) {
        for key in literal_keys(&source.code()) {
            let is_there = texts.contains_key(&key) || texts.contains_key(&format!("{key}.other"));
            if !is_there {
                missing.insert(format!("{key} ({})", source.path));
            }
        }
    }
    nothing(missing.into_iter().collect(), "texts of the panel are in the locales");
}

/// The keys that are passed as they are to the functions that look texts up.
fn literal_keys(code: &str) -> Vec<String> {
    let mut keys = Vec::new();
    for function in [" t(\"", "(t(\"", "{t(\"", " count_text(\"", "text(language, \""] {
        for part in code.split(function).skip(1) {
            let key = part.split('"').next().unwrap_or_default();
            if !key.is_empty() && !key.ends_with('.') && !key.contains('{') {
                keys.push(key.to_owned());
            }
        }
    }
    keys
}

#[test]
fn every_text_is_used() {
    let code: String = sources().iter().map(|source| source.text.clone()).collect();
    let unused = locale("en")
        .into_keys()
        .filter(|key| {
            let plain = key.trim_end_matches(".one").trim_end_matches(".other");
            let is_named = code.contains(&format!("\"{plain}\""));
            // Keys made of a prefix and a name that the contract or the engine gives.
            let is_made =
                plain.match_indices('.').any(|(at, _)| code.contains(&format!("\"{}", &plain[..=at])));
            !is_named && !is_made
        })
        .collect();
    nothing(unused, "texts are used");
}

#[test]
fn every_setting_is_read_by_somebody() {
    let code: String = sources()
        .iter()
        .filter(|source| {
            !source.path.starts_with("openapi/src/settings/") && !source.path.starts_with("tests/")
        })
        .map(Source::code)
        .collect();
    let mut unread = Vec::new();
    for file in ["incoming.rs", "domain.rs"] {
        let text = fs::read_to_string(root().join("openapi/src/settings").join(file)).unwrap();
        for line in text.lines().filter_map(|line| line.strip_prefix("pub static ")) {
            let (name, kind) = line.split_once(": ").unwrap();
            let is_setting = kind.starts_with("Setting<");
            if is_setting && !code.contains(name) {
                unread.push(name.to_owned());
            }
        }
    }
    nothing(unread, "settings are read");
}

#[test]
fn the_panel_is_built_with_the_wasm_bindgen_that_is_locked() {
    let pin = |folder: &str, start: &str| {
        let manifest = fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap();
        let rest = manifest.split(start).nth(1).map(str::to_owned).unwrap();
        rest.split("\"=").nth(1).and_then(|rest| rest.split('"').next()).map(str::to_owned)
    };
    assert_eq!(pin("frontend", "\nwasm-bindgen ="), pin("xtask", "[dependencies.wasm-bindgen-cli-support]"));
}
