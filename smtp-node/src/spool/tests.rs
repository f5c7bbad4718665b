//! What the spool promises, under crashes and damage.

use super::*;
use std::io::{Seek, SeekFrom, Write};

fn add(kind: Kind, head: &str, body: &[u8]) -> Entry {
    Entry::Add { kind, head: Bytes::from(head.to_owned()), body: Bytes::copy_from_slice(body), file: None }
}

fn heads(spool: &Spool, live: &[Handle]) -> Vec<String> {
    live.iter().map(|handle| String::from_utf8(spool.read(handle).unwrap().head.to_vec()).unwrap()).collect()
}

fn segment_files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(segment::log_folder(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "segment"))
        .collect();
    files.sort();
    files
}

#[tokio::test]
async fn what_was_committed_and_not_finished_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let (spool, live) = Spool::open(folder.path(), 64 * 1024).unwrap();
    assert!(live.is_empty());
    let kept =
        spool.commit(vec![add(Kind::Message, "a", b"one"), add(Kind::Report, "b", b"")]).await.unwrap();
    let gone = spool.commit(vec![add(Kind::Message, "c", b"two")]).await.unwrap();
    spool
        .commit(vec![Entry::Finish(gone[0].clone()), Entry::Note(kept[0].clone(), "state".into())])
        .await
        .unwrap();
    drop(spool);
    let (spool, live) = Spool::open(folder.path(), 64 * 1024).unwrap();
    assert_eq!(heads(&spool, &live), ["a", "b"]);
    assert_eq!(live[0].state().unwrap(), "state");
    assert_eq!(live[1].kind(), Kind::Report);
    assert_eq!(spool.read(&live[0]).unwrap().body, "one");
}

#[tokio::test]
async fn a_torn_tail_loses_only_what_was_not_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let (spool, _) = Spool::open(folder.path(), 64 * 1024).unwrap();
    spool.commit(vec![add(Kind::Message, "whole", b"body")]).await.unwrap();
    let torn =
        spool.commit(vec![add(Kind::Report, "torn1", b""), add(Kind::Message, "torn2", b"body")]).await;
    let end = torn.unwrap()[1].location().offset() + 20;
    drop(spool);
    let file = std::fs::OpenOptions::new().write(true).open(&segment_files(folder.path())[0]).unwrap();
    file.set_len(end).unwrap();
    let (spool, live) = Spool::open(folder.path(), 64 * 1024).unwrap();
    assert_eq!(heads(&spool, &live), ["whole"], "half a group does not count");
}

#[tokio::test]
async fn a_damaged_record_takes_no_other_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let (spool, _) = Spool::open(folder.path(), 64 * 1024).unwrap();
    let mut at = Vec::new();
    for name in ["a", "b", "c"] {
        at.push(spool.commit(vec![add(Kind::Message, name, b"body")]).await.unwrap()[0].location().offset());
    }
    drop(spool);
    let mut file = std::fs::OpenOptions::new().write(true).open(&segment_files(folder.path())[0]).unwrap();
    file.seek(SeekFrom::Start(at[1] + 44)).unwrap();
    file.write_all(b"!").unwrap();
    let (spool, live) = Spool::open(folder.path(), 64 * 1024).unwrap();
    assert_eq!(heads(&spool, &live), ["a", "c"]);
}

#[tokio::test]
async fn segments_are_freed_stragglers_move_and_nothing_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let (spool, _) = Spool::open(folder.path(), 16 * 1024).unwrap();
    let straggler = spool.commit(vec![add(Kind::Message, "first", b"x")]).await.unwrap().remove(0);
    spool.commit(vec![Entry::Note(straggler.clone(), "late".into())]).await.unwrap();
    let home = straggler.location().segment();
    let mut left = vec!["first".to_owned()];
    for round in 0..200 {
        let added = spool.commit(vec![add(Kind::Message, &format!("{round}"), &[7; 2_000])]).await.unwrap();
        if round % 50 == 0 {
            left.push(format!("{round}"));
        } else {
            spool.commit(vec![Entry::Finish(added[0].clone())]).await.unwrap();
        }
    }
    assert!(straggler.location().segment() > home, "it was moved");
    assert_eq!(spool.read(&straggler).unwrap().head, "first");
    assert!(segment_files(folder.path()).len() <= 5);
    drop(spool);
    let (spool, live) = Spool::open(folder.path(), 16 * 1024).unwrap();
    let mut found = heads(&spool, &live);
    found.sort();
    left.sort();
    assert_eq!(found, left);
    let first = live.iter().find(|handle| spool.read(handle).unwrap().head == "first").unwrap();
    assert_eq!(first.state().unwrap(), "late");
}

#[tokio::test]
async fn a_body_file_lives_as_long_as_a_record_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let (spool, _) = Spool::open(folder.path(), 64 * 1024).unwrap();
    let count = || std::fs::read_dir(body::folder(folder.path())).unwrap().count();
    drop(spool.new_body_file().unwrap());
    assert_eq!(count(), 0, "an abandoned one is removed");
    let body = spool.new_body_file().unwrap();
    let mut file = body.open().unwrap();
    file.write_all(b"large").unwrap();
    body.finish(&file).unwrap();
    let entry =
        Entry::Add { kind: Kind::Message, head: "m".into(), body: Bytes::new(), file: Some(body.into()) };
    drop(spool.commit(vec![entry]).await.unwrap());
    drop(spool);
    std::fs::write(body::folder(folder.path()).join("00000000000000ff.part"), b"orphan").unwrap();
    let (spool, live) = Spool::open(folder.path(), 64 * 1024).unwrap();
    assert_eq!(count(), 1, "the orphan is gone, the body is not");
    let text = std::io::read_to_string(spool.open_body(&live[0]).unwrap().unwrap()).unwrap();
    assert_eq!(text, "large");
    spool.commit(vec![Entry::Finish(live[0].clone())]).await.unwrap();
    spool.commit(vec![Entry::Finish(live[0].clone())]).await.unwrap();
    assert_eq!(count(), 0);
}
