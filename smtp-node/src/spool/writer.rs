//! The one thread that writes the spool. While one fdatasync runs, the next commits gather; each batch costs one
//! sync, whoever waits in it. It also frees segments in which nothing lives and moves stragglers out of old ones.

use super::{
    Commit, Entry, Handle, Live, Noted, SpoolError, body,
    record::{HEADER, Header, Kind, Location},
    segment::{self, Active, Segments, on_disk},
};
use bytes::Bytes;
use std::{
    collections::VecDeque,
    io::{self, IoSlice, Write},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::atomic::Ordering,
    thread::JoinHandle,
};
use tokio::sync::mpsc;

/// Octets after which a batch is closed.
const BATCH: u64 = 4 * 1024 * 1024;
/// Freed files kept for reuse.
const SPARES: usize = 4;

pub(super) struct Writer {
    spool: PathBuf,
    segment_size: u64,
    segments: Segments,
    active: Option<Active>,
    next_number: u64,
    spares: Vec<PathBuf>,
    preparing: Option<JoinHandle<io::Result<PathBuf>>>,
}

/// A record about to be written.
struct Planned {
    header: Header,
    payload: Vec<Bytes>,
    effect: Effect,
}

enum Effect {
    Added,
    Moved(Handle),
    Finished,
    Noted(Handle, Bytes),
}

impl Planned {
    fn new(kind: Kind, target: u64, file: u64, payload: Vec<Bytes>, effect: Effect) -> Self {
        let length = payload.iter().map(Bytes::len).sum::<usize>();
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        let header = Header { kind, ends_group: false, length, segment: 0, target, file };
        Self { header, payload, effect }
    }

    fn of(entry: &Entry) -> Option<Self> {
        Some(match entry {
            Entry::Add { kind, head, body, file } => {
                let file = file.as_ref().map_or(0, |file| file.number());
                let payload = vec![length_of(head), head.clone(), body.clone()];
                Self::new(*kind, 0, file, payload, Effect::Added)
            }
            Entry::Finish(handle) => {
                if handle.is_finished.swap(true, Ordering::Relaxed) {
                    return None;
                }
                Self::new(Kind::Done, handle.location().0, 0, Vec::new(), Effect::Finished)
            }
            Entry::Note(handle, state) => {
                if handle.is_finished.load(Ordering::Relaxed) {
                    return None;
                }
                Self::note(handle, state)
            }
        })
    }

    fn note(handle: &Handle, state: &Bytes) -> Self {
        let payload = vec![length_of(state), state.clone()];
        let effect = Effect::Noted(handle.clone(), state.clone());
        Self::new(Kind::State, handle.location().0, 0, payload, effect)
    }
}

fn length_of(head: &Bytes) -> Bytes {
    Bytes::copy_from_slice(&u32::try_from(head.len()).unwrap_or(u32::MAX).to_le_bytes())
}

impl Writer {
    pub(super) fn start(spool: &Path, segment_size: u64, segments: Segments) -> Self {
        let next_number = segments.by_number.last_key_value().map_or(1, |(number, _)| number + 1);
        let mut writer = Self {
            spool: spool.to_owned(),
            segment_size,
            segments,
            active: None,
            next_number,
            spares: Vec::new(),
            preparing: None,
        };
        if let Err(error) = writer.begin_segment().and_then(|()| writer.tidy()) {
            // What lies in the spool is delivered all the same; the next commit tries again.
            tracing::error!(%error, "the spool cannot be written");
        }
        writer
    }

    pub(super) fn run(mut self, mut commits: mpsc::UnboundedReceiver<Commit>) {
        while let Some(first) = commits.blocking_recv() {
            let mut size = weight(&first);
            let mut batch = vec![first];
            while size < BATCH
                && let Ok(commit) = commits.try_recv()
            {
                size += weight(&commit);
                batch.push(commit);
            }
            self.write_batch(batch);
        }
        if let Some(Ok(path)) = self.preparing.take().and_then(|thread| thread.join().ok()) {
            drop(std::fs::remove_file(path));
        }
    }

    fn write_batch(&mut self, batch: Vec<Commit>) {
        let mut groups: Vec<Vec<Planned>> =
            batch.iter().map(|commit| commit.entries.iter().filter_map(Planned::of).collect()).collect();
        match self.write(&mut groups) {
            Ok(()) => {
                let mut orphans = Vec::new();
                for (commit, group) in batch.into_iter().zip(groups) {
                    for entry in &commit.entries {
                        if let Entry::Add { file: Some(file), .. } = entry {
                            file.keep();
                        }
                    }
                    let added = self.apply(group, &mut orphans);
                    // Whoever does not wait has dropped the other end.
                    drop(commit.done.send(Ok(added)));
                }
                for number in orphans {
                    drop(std::fs::remove_file(body::path(&self.spool, number)));
                }
                if let Err(error) = self.tidy() {
                    tracing::error!(%error, "the spool could not be tidied");
                }
            }
            Err(error) => {
                tracing::error!(%error, "the spool could not be written");
                for commit in batch {
                    for entry in &commit.entries {
                        if let Entry::Finish(handle) = entry {
                            handle.is_finished.store(false, Ordering::Relaxed);
                        }
                    }
                    drop(commit.done.send(Err(SpoolError::from(&error))));
                }
            }
        }
    }

    /// Writes the groups into one segment and waits until they are on stable storage.
    fn write(&mut self, groups: &mut [Vec<Planned>]) -> io::Result<()> {
        let written = self.append(groups);
        if written.is_err() {
            self.leave_segment();
        }
        written
    }

    fn append(&mut self, groups: &mut [Vec<Planned>]) -> io::Result<()> {
        let size = groups.iter().flatten().map(|planned| on_disk(&planned.header)).sum::<u64>();
        if size == 0 {
            return Ok(());
        }
        let is_full = self
            .active
            .as_ref()
            .is_none_or(|active| active.tail > 0 && active.tail + size > self.segment_size);
        if is_full {
            self.begin_segment()?;
        }
        let Some(active) = self.active.as_mut() else {
            return Err(io::Error::other("there is no segment"));
        };
        let mut headers: VecDeque<[u8; HEADER]> = VecDeque::new();
        for group in groups.iter_mut() {
            if let Some(last) = group.last_mut() {
                last.header.ends_group = true;
            }
            for planned in group {
                planned.header.segment = active.number;
                let parts: Vec<&[u8]> = planned.payload.iter().map(AsRef::as_ref).collect();
                headers.push_back(planned.header.encode(&parts));
            }
        }
        let mut slices = Vec::new();
        for (planned, header) in groups.iter().flatten().zip(&headers) {
            slices.push(IoSlice::new(header));
            slices.extend(
                planned.payload.iter().filter(|part| !part.is_empty()).map(|part| IoSlice::new(part)),
            );
        }
        write_all(&mut active.file, &mut slices)?;
        active.file.sync_data()
    }

    /// Takes over what was written; gives the handles of the added records.
    fn apply(&mut self, group: Vec<Planned>, orphans: &mut Vec<u64>) -> Vec<Handle> {
        let mut added = Vec::new();
        for planned in group {
            let Some(active) = self.active.as_mut() else { break };
            let (number, at) = (active.number, Location::new(active.number, active.tail));
            active.tail += on_disk(&planned.header);
            match planned.effect {
                Effect::Added => {
                    let handle = Live::new(&planned.header, at);
                    self.segments.add(handle.clone());
                    added.push(handle);
                }
                Effect::Moved(handle) => self.segments.relocate(&handle, at),
                Effect::Finished => {
                    orphans.extend(self.segments.finish(Location(planned.header.target), number));
                }
                Effect::Noted(handle, octets) => {
                    handle.note(Noted { segment: number, octets });
                    self.segments.by_number.entry(number).or_default().noted.push(handle);
                }
            }
        }
        added
    }

    fn begin_segment(&mut self) -> io::Result<()> {
        let number = self.next_number;
        let prepared = match (self.spares.pop(), self.preparing.take()) {
            (Some(path), preparing) => {
                self.preparing = preparing;
                path
            }
            (None, preparing) => match preparing.map(JoinHandle::join) {
                Some(Ok(Ok(path))) => path,
                // What failed a while ago may succeed now.
                _ => segment::prepare(&self.spool, &format!("new-{number}"), self.segment_size)?,
            },
        };
        let active = Active::begin(&self.spool, number, &prepared)?;
        self.next_number += 1;
        self.segments.by_number.entry(number).or_default();
        self.active = Some(active);
        Ok(())
    }

    /// After an error the segment is not written again: what of it reached the disk is not known. What was
    /// refused is cut off, so that a restart does not find it.
    fn leave_segment(&mut self) {
        if let Some(active) = self.active.take()
            && let Err(error) = active.file.set_len(active.tail).and_then(|()| active.file.sync_all())
        {
            tracing::error!(%error, segment = active.number, "a segment of the spool could not be cut off");
        }
    }

    /// Frees what is dead and moves stragglers; prepares the next segment in the background.
    fn tidy(&mut self) -> io::Result<()> {
        let Some(active) = self.active.as_ref().map(|active| active.number) else { return Ok(()) };
        while let Some(number) = self.segments.dead(active) {
            self.free(number)?;
        }
        if self.segments.by_number.len() > 3 {
            self.move_stragglers(active)?;
        }
        let is_half_full =
            self.active.as_ref().is_some_and(|active| active.tail.saturating_mul(2) > self.segment_size);
        if is_half_full && self.spares.is_empty() && self.preparing.is_none() {
            let (spool, size) = (self.spool.clone(), self.segment_size);
            let name = format!("new-{}", self.next_number);
            self.preparing = Some(std::thread::spawn(move || segment::prepare(&spool, &name, size)));
        }
        Ok(())
    }

    fn free(&mut self, number: u64) -> io::Result<()> {
        let Some(dead) = self.segments.by_number.remove(&number) else { return Ok(()) };
        let still_there = |location: &&Location| self.segments.by_number.contains_key(&location.segment());
        let mut group: Vec<Planned> = dead
            .finished_elsewhere
            .iter()
            .filter(still_there)
            .map(|location| Planned::new(Kind::Done, location.0, 0, Vec::new(), Effect::Finished))
            .collect();
        for handle in &dead.noted {
            let noted = handle.noted().filter(|noted| noted.segment == number);
            if let Some(noted) = noted
                && !handle.is_finished.load(Ordering::Relaxed)
            {
                group.push(Planned::note(handle, &noted.octets));
            }
        }
        let mut groups = [group];
        if let Err(error) = self.write(&mut groups) {
            self.segments.by_number.insert(number, dead);
            return Err(error);
        }
        for group in groups {
            self.apply(group, &mut Vec::new());
        }
        let path = segment::path(&self.spool, number);
        if self.spares.len() < SPARES && std::fs::metadata(&path)?.len() == self.segment_size {
            let spare = segment::log_folder(&self.spool).join(format!("spare-{number}"));
            std::fs::rename(&path, &spare)?;
            self.spares.push(spare);
        } else {
            std::fs::remove_file(&path)?;
        }
        segment::sync_folder(&self.spool)
    }

    /// Copies the few records that keep an old segment alive to the end of the log.
    fn move_stragglers(&mut self, active: u64) -> io::Result<()> {
        let sparse = self
            .segments
            .by_number
            .iter()
            .find(|(number, segment)| **number != active && segment.live_octets < self.segment_size / 4);
        let Some((&number, segment)) = sparse else { return Ok(()) };
        let file = std::fs::File::open(segment::path(&self.spool, number))?;
        let mut group = Vec::new();
        for handle in segment.live.values() {
            let mut payload = vec![0; usize::try_from(handle.length).unwrap_or(0)];
            let at = handle.location();
            file.read_exact_at(&mut payload, at.offset() + u64::try_from(HEADER).unwrap_or(0))?;
            let effect = Effect::Moved(handle.clone());
            group.push(Planned::new(handle.kind, at.0, handle.file, vec![payload.into()], effect));
        }
        let mut groups = [group];
        self.write(&mut groups)?;
        let [group] = groups;
        let moved: Vec<Handle> = segment_handles(&group);
        self.apply(group, &mut Vec::new());
        self.note_again(&moved)?;
        self.free(number)
    }

    /// States point to the old place of a record; written again, they point to the new one.
    fn note_again(&mut self, moved: &[Handle]) -> io::Result<()> {
        let group =
            moved.iter().filter_map(|handle| Some(Planned::note(handle, &handle.noted()?.octets))).collect();
        let mut groups = [group];
        self.write(&mut groups)?;
        for group in groups {
            self.apply(group, &mut Vec::new());
        }
        Ok(())
    }
}

fn segment_handles(group: &[Planned]) -> Vec<Handle> {
    group
        .iter()
        .filter_map(|planned| match &planned.effect {
            Effect::Moved(handle) => Some(handle.clone()),
            _ => None,
        })
        .collect()
}

fn weight(commit: &Commit) -> u64 {
    let octets = commit.entries.iter().map(|entry| match entry {
        Entry::Add { head, body, .. } => head.len() + body.len(),
        Entry::Finish(_) => 0,
        Entry::Note(_, state) => state.len(),
    });
    u64::try_from(octets.sum::<usize>()).unwrap_or(u64::MAX)
}

fn write_all(file: &mut std::fs::File, mut slices: &mut [IoSlice<'_>]) -> io::Result<()> {
    while !slices.is_empty() {
        match file.write_vectored(slices) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => IoSlice::advance_slices(&mut slices, written),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
