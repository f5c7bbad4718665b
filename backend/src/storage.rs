//! The content of held messages, as compressed objects in the object store.
//!
//! Bytes come from the nodes' uploads and go to readers and back to the nodes, always as streams. What is
//! stored, and for whom, is written in the database: nothing here decides who may read. An object is named by
//! the node that sent it and that node's message id, so no node can reach another node's objects.

use actix_web::web::Bytes;
use futures_util::{Stream, StreamExt, stream};
use object_store::{
    ObjectStore, ObjectStoreExt, WriteMultipart, local::LocalFileSystem, path::Path as ObjectPath,
};
use std::{io::Write, path::Path, pin::Pin, sync::Arc};

/// Bytes of one part of an upload to the store.
const PART_BYTES: usize = 1024 * 1024;
/// Parts on their way to the store at the same time.
const PARTS_IN_FLIGHT: usize = 2;
/// Zstandard's own default: mail shrinks to about a third at some 300 MB/s.
const COMPRESSION_LEVEL: i32 = 3;

/// Where message contents are kept.
#[derive(Clone)]
pub struct Storage {
    store: Arc<dyn ObjectStore>,
}

/// The name of a stored message: the node that received it, and that node's id of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BodyKey {
    /// The node's id.
    pub node: String,
    /// The node's id of the message.
    pub message_id: String,
}

/// Why content could not be stored or read.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// There is no such object.
    #[error("the content is not stored")]
    NotFound,
    /// The content is larger than allowed.
    #[error("the content is larger than {0} bytes")]
    TooLarge(u64),
    /// The name is not one a node makes.
    #[error("not a message id")]
    BadName,
    /// The sender stopped in the middle.
    #[error("the content broke off: {0}")]
    BrokenOff(String),
    /// The store failed.
    #[error("the object store failed: {0}")]
    Store(#[from] object_store::Error),
    /// What is stored can't be decompressed.
    #[error("the stored content is damaged: {0}")]
    Damaged(#[from] std::io::Error),
}

/// The bytes of a stored message, as they were received.
pub type BodyStream = Pin<Box<dyn Stream<Item = Result<Bytes, StorageError>> + Send>>;

impl BodyKey {
    /// The object's place. Both names are letters, digits, `-` and `_` only, so a name can't leave its folder.
    fn path(&self) -> Result<ObjectPath, StorageError> {
        let is_name = |text: &str| {
            (1..=100).contains(&text.len())
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        };
        if !is_name(&self.node) || !is_name(&self.message_id) {
            return Err(StorageError::BadName);
        }
        Ok(ObjectPath::from(format!("messages/{}/{}.zst", self.node, self.message_id)))
    }

    /// The name of a file that somebody sent for long work. No node has that name.
    pub fn upload(job: &str) -> Self {
        Self { node: "uploads".to_owned(), message_id: job.to_owned() }
    }

    /// The name as one text, as the database keeps it.
    pub fn text(&self) -> String {
        format!("{}/{}", self.node, self.message_id)
    }

    /// The name of such a text.
    pub fn from_text(text: &str) -> Option<Self> {
        let (node, message_id) = text.split_once('/')?;
        Some(Self { node: node.to_owned(), message_id: message_id.to_owned() }).filter(Self::is_valid)
    }

    /// Whether both names are ones that can be stored.
    pub fn is_valid(&self) -> bool {
        self.path().is_ok()
    }
}

impl Storage {
    /// Opens the store in a local folder, which is made if it does not exist. Written objects survive a power
    /// failure.
    pub fn open(folder: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let store = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true);
        Ok(Self { store: Arc::new(store) })
    }

    /// Stores a message and returns its bytes before compression. Nothing is stored when it fails, and an
    /// earlier object of that name stays whole until the new one is complete.
    pub async fn put<S, E>(&self, key: &BodyKey, body: S, limit: u64) -> Result<u64, StorageError>
    where
        S: Stream<Item = Result<Bytes, E>>,
        E: std::fmt::Display,
    {
        let upload = self.store.put_multipart(&key.path()?).await?;
        let mut writer = WriteMultipart::new_with_chunk_size(upload, PART_BYTES);
        match compress_into(&mut writer, body, limit).await {
            Ok(size) => {
                writer.finish().await?;
                Ok(size)
            }
            Err(error) => {
                writer.abort().await?;
                Err(error)
            }
        }
    }

    /// Opens a stored message for reading. Memory stays the same whatever its size.
    pub async fn get(&self, key: &BodyKey) -> Result<BodyStream, StorageError> {
        let object = match self.store.get(&key.path()?).await {
            Err(object_store::Error::NotFound { .. }) => return Err(StorageError::NotFound),
            other => other?,
        };
        let decoder = zstd::stream::write::Decoder::new(Vec::new())?;
        let chunks = object.into_stream();
        Ok(stream::try_unfold((chunks, decoder, false), |(mut chunks, mut decoder, ended)| async move {
            if ended {
                return Ok(None);
            }
            loop {
                let ended = match chunks.next().await {
                    Some(chunk) => {
                        decoder.write_all(&chunk?)?;
                        false
                    }
                    None => {
                        decoder.flush()?;
                        true
                    }
                };
                let plain = std::mem::take(decoder.get_mut());
                match (plain.is_empty(), ended) {
                    (false, _) => return Ok(Some((Bytes::from(plain), (chunks, decoder, ended)))),
                    (true, true) => return Ok(None),
                    (true, false) => {}
                }
            }
        })
        .boxed())
    }

    /// Reads a stored message whole, if it is not larger than `limit` bytes.
    pub async fn read(&self, key: &BodyKey, limit: u64) -> Result<Vec<u8>, StorageError> {
        let mut chunks = self.get(key).await?;
        let mut whole = Vec::new();
        while let Some(chunk) = chunks.next().await {
            whole.extend_from_slice(&chunk?);
            if size_of_bytes(&whole) > limit {
                return Err(StorageError::TooLarge(limit));
            }
        }
        Ok(whole)
    }

    /// Removes a stored message; one that is gone already is no error.
    pub async fn remove(&self, key: &BodyKey) -> Result<(), StorageError> {
        match self.store.delete(&key.path()?).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// Compresses a stream into an upload; returns the bytes taken in.
async fn compress_into<S, E>(writer: &mut WriteMultipart, body: S, limit: u64) -> Result<u64, StorageError>
where
    S: Stream<Item = Result<Bytes, E>>,
    E: std::fmt::Display,
{
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), COMPRESSION_LEVEL)?;
    let mut body = std::pin::pin!(body);
    let mut size = 0_u64;
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|error| StorageError::BrokenOff(error.to_string()))?;
        size = size.saturating_add(size_of_bytes(&chunk));
        if size > limit {
            return Err(StorageError::TooLarge(limit));
        }
        encoder.write_all(&chunk)?;
        if !encoder.get_ref().is_empty() {
            writer.wait_for_capacity(PARTS_IN_FLIGHT).await?;
            writer.write(&std::mem::take(encoder.get_mut()));
        }
    }
    writer.wait_for_capacity(PARTS_IN_FLIGHT).await?;
    writer.write(&encoder.finish()?);
    Ok(size)
}

/// A length as the 64 bits that sizes have everywhere in the product.
fn size_of_bytes(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(message_id: &str) -> BodyKey {
        BodyKey { node: "nod_1".into(), message_id: message_id.into() }
    }

    fn chunks(parts: &[&[u8]]) -> impl Stream<Item = Result<Bytes, String>> + use<> {
        stream::iter(parts.iter().map(|part| Ok(Bytes::copy_from_slice(part))).collect::<Vec<_>>())
    }

    /// QUA-19: the bytes read are the bytes received.
    #[actix_web::test]
    async fn a_stored_message_is_read_back_byte_for_byte() {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::open(folder.path()).unwrap();
        let noise: Vec<u8> =
            (0..3_000_000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()[2]).collect();
        let size =
            storage.put(&key("m1"), chunks(&[b"Subject: x\r\n\r\n", &noise]), 4_000_000).await.unwrap();
        assert_eq!(size, 3_000_014);
        let whole = storage.read(&key("m1"), 4_000_000).await.unwrap();
        assert_eq!(&whole[..14], b"Subject: x\r\n\r\n");
        assert!(whole[14..] == noise[..]);
    }

    /// S16: a node can't fill the store with one message, and a refused one leaves nothing behind.
    #[actix_web::test]
    async fn a_message_over_the_limit_is_refused_and_not_kept() {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::open(folder.path()).unwrap();
        let result = storage.put(&key("m1"), chunks(&[b"12345", b"67890"]), 9).await;
        assert!(matches!(result, Err(StorageError::TooLarge(9))));
        assert!(matches!(storage.get(&key("m1")).await, Err(StorageError::NotFound)));
    }

    #[actix_web::test]
    async fn an_upload_that_breaks_off_keeps_the_earlier_content() {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::open(folder.path()).unwrap();
        storage.put(&key("m1"), chunks(&[b"whole"]), 100).await.unwrap();
        let broken = stream::iter([Ok(Bytes::from_static(b"ha")), Err("connection reset")]);
        assert!(matches!(storage.put(&key("m1"), broken, 100).await, Err(StorageError::BrokenOff(_))));
        assert_eq!(storage.read(&key("m1"), 100).await.unwrap(), b"whole");
        storage.remove(&key("m1")).await.unwrap();
        storage.remove(&key("m1")).await.unwrap();
        assert!(matches!(storage.get(&key("m1")).await, Err(StorageError::NotFound)));
    }

    /// S16: names with path parts never reach the file system.
    #[actix_web::test]
    async fn a_name_that_leaves_its_folder_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::open(folder.path()).unwrap();
        for name in ["../x", "a/b", "", ".", "a\0b", &"x".repeat(101)] {
            assert!(matches!(storage.put(&key(name), chunks(&[b"x"]), 9).await, Err(StorageError::BadName)));
        }
    }
}
