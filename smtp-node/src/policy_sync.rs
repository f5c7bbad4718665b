//! Keeps the node's policy as the API has it: asks for what changed, writes it down, then puts it in force.
//! The last good policy lies on disk, so that a node that starts while the API is away goes on as before.

use crate::{
    api::{Api, ApiError},
    policy::Policy,
};
use arc_swap::ArcSwap;
use contract::nodes::{self, PolicyChanges, PolicyQuery};
use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

/// How long the API may keep the question open.
const WAIT_SECONDS: u32 = 25;
/// How long to wait after the API was away.
const PAUSE: Duration = Duration::from_secs(1);
/// Documents in one line of the file.
const LINE_DOCUMENTS: usize = 1_000;

/// The policy in force, and its file: one [`PolicyChanges`] a line, each over the ones before it.
#[derive(Debug)]
pub struct PolicyStore {
    current: ArcSwap<Policy>,
    path: PathBuf,
}

impl PolicyStore {
    /// Reads the last policy from the folder; an empty one where there is none. A line that was cut off by a crash
    /// ends the reading: its changes are asked for again.
    ///
    /// # Errors
    /// When the file is there and cannot be read, or the folder cannot be written.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let path = folder.join("policy.jsonl");
        let store = Self { current: ArcSwap::from_pointee(read(&path)?), path };
        store.write_whole(&store.current())?;
        Ok(store)
    }

    /// The policy in force.
    pub fn current(&self) -> Arc<Policy> {
        self.current.load_full()
    }

    /// Writes the changes down, then puts them in force.
    ///
    /// # Errors
    /// When they cannot be written: the policy stays as it was.
    pub fn apply(&self, changes: PolicyChanges) -> io::Result<()> {
        let mut line = serde_json::to_vec(&changes)?;
        line.push(b'\n');
        let mut file = File::options().append(true).create(true).open(&self.path)?;
        let length = file.metadata()?.len();
        if let Err(error) = file.write_all(&line).and_then(|()| file.sync_data()) {
            // Half a line would make the lines after it unreadable.
            drop(file.set_len(length));
            return Err(error);
        }
        self.current.store(Arc::new(self.current().after(changes)));
        Ok(())
    }

    fn write_whole(&self, policy: &Policy) -> io::Result<()> {
        let fresh = self.path.with_extension("fresh");
        let mut file = io::BufWriter::new(File::create(&fresh)?);
        let documents: Vec<_> = policy.documents().collect();
        for part in documents.chunks(LINE_DOCUMENTS) {
            let changes = PolicyChanges { revision: policy.revision, documents: part.to_vec(), more: false };
            serde_json::to_writer(&mut file, &changes)?;
            file.write_all(b"\n")?;
        }
        file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        fs::rename(&fresh, &self.path)?;
        match self.path.parent() {
            Some(folder) => File::open(folder)?.sync_all(),
            None => Ok(()),
        }
    }
}

fn read(path: &Path) -> io::Result<Policy> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Policy::default()),
        Err(error) => return Err(error),
    };
    let mut policy = Policy::default();
    for line in BufReader::new(file).lines() {
        match serde_json::from_str(&line?) {
            Ok(changes) => policy = policy.after(changes),
            Err(error) => {
                tracing::warn!(%error, "the last line of the policy file is cut off; asking the API again");
                break;
            }
        }
    }
    Ok(policy)
}

/// Follows the API's policy until the task is dropped.
pub async fn follow(api: Api, store: Arc<PolicyStore>) {
    loop {
        match step(&api, &store).await {
            Ok(()) => {}
            Err(error) => {
                tracing::warn!(%error, "policy not brought up to date; going on with the last one");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

async fn step(api: &Api, store: &Arc<PolicyStore>) -> Result<(), SyncError> {
    let after = store.current().revision;
    let changes = api.call(&nodes::GET_POLICY, &[], &PolicyQuery { after, wait: WAIT_SECONDS }, &()).await?;
    if changes.revision != after || !changes.documents.is_empty() {
        let (count, revision) = (changes.documents.len(), changes.revision);
        let store = Arc::clone(store);
        tokio::task::spawn_blocking(move || store.apply(changes)).await.map_err(io::Error::other)??;
        tracing::info!(revision, documents = count, "policy in force");
    }
    Ok(())
}

#[derive(Debug, thiserror::Error)]
enum SyncError {
    #[error(transparent)]
    Api(#[from] ApiError),
    #[error("the policy cannot be written: {0}")]
    File(#[from] io::Error),
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::nodes::{DomainPolicy, PolicyDocument};

    fn changes(revision: i64, name: &str) -> PolicyChanges {
        let domain = DomainPolicy {
            name: name.into(),
            reseller: None,
            routes: vec![],
            is_suspended: false,
            settings: Default::default(),
            mailboxes: Default::default(),
        };
        PolicyChanges { revision, documents: vec![PolicyDocument::Domain(domain)], more: false }
    }

    #[test]
    fn a_node_that_starts_again_works_by_its_last_policy() {
        let folder = tempfile::tempdir().unwrap();
        let store = PolicyStore::open(folder.path()).unwrap();
        store.apply(changes(4, "one.example")).unwrap();
        store.apply(changes(5, "two.example")).unwrap();
        let again = PolicyStore::open(folder.path()).unwrap().current();
        assert_eq!(again.revision, 5);
        assert!(again.domain("one.example").is_some() && again.domain("two.example").is_some());
    }

    #[test]
    fn a_line_cut_off_by_a_crash_costs_only_itself() {
        let folder = tempfile::tempdir().unwrap();
        let store = PolicyStore::open(folder.path()).unwrap();
        store.apply(changes(4, "one.example")).unwrap();
        let mut file = File::options().append(true).open(&store.path).unwrap();
        file.write_all(b"{\"revision\":5,\"docum").unwrap();
        let again = PolicyStore::open(folder.path()).unwrap();
        assert_eq!(again.current().revision, 4);
        again.apply(changes(5, "two.example")).unwrap();
        assert_eq!(PolicyStore::open(folder.path()).unwrap().current().revision, 5);
    }
}
