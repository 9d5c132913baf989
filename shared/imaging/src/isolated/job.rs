//! What parent and child say to each other: a job, and answers, each a file of a folder that belongs to one worker. The
//! child may have been taken over by the file it reads, so every answer is bounded and checked.

use std::fs::{self, File};
use std::io::{self, Read, Write as _};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::dicom::{StoredFrame, View, Which};
use crate::frames::FramePicture;
use crate::{Inspection, Instance, Limits, Outcome, Reason};

/// Most bytes of a file of an answer about a whole file: two JPEG files of at most a few hundred kilobytes, a small JSON, and the elements of
/// the file, compressed.
const MAX_ANSWER: u64 = 16 << 20;
const JOB: &str = "job.json";

#[derive(Serialize, Deserialize)]
pub(super) struct Job {
    pub(super) path: PathBuf,
    pub(super) limits: Limits,
    pub(super) task: Task,
}

/// What is to be done with the file.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(super) enum Task {
    Inspect,
    Render(View),
    Decode(Which),
}

impl Job {
    /// Most bytes of a file that the worker writes.
    pub(super) fn largest_answer(&self) -> u64 {
        match self.task {
            Task::Inspect => MAX_ANSWER,
            Task::Render(_) | Task::Decode(_) => largest_frame(&self.limits),
        }
    }
}

/// Most bytes of a frame, stored or as a picture.
fn largest_frame(limits: &Limits) -> u64 {
    limits.max_decoded_bytes.max(MAX_ANSWER)
}

/// The folder of one worker.
pub(super) struct Answers<'a> {
    folder: &'a Path,
}

impl<'a> Answers<'a> {
    pub(super) fn in_folder(folder: &'a Path) -> Self {
        Self { folder }
    }

    pub(super) fn write_job(&self, job: &Job) -> io::Result<()> {
        self.write_json(JOB, job)
    }

    pub(super) fn job(&self) -> io::Result<Job> {
        Ok(serde_json::from_slice(&fs::read(self.folder.join(JOB))?)?)
    }

    /// Whether there is room for an answer. Without, that there is none says nothing of the file. The worker is not asked: it may have been taken over.
    pub(super) fn have_room(&self) -> io::Result<()> {
        let mut probe = File::create(self.folder.join("probe"))?;
        let zeros = vec![0; 1 << 20];
        for _ in 0..MAX_ANSWER / zeros.len() as u64 {
            probe.write_all(&zeros)?;
        }
        Ok(())
    }

    /// What the worker says when it dies.
    pub(super) fn stderr(&self) -> PathBuf {
        self.folder.join("stderr")
    }

    pub(super) fn last_words(&self) -> Vec<u8> {
        self.read("stderr", MAX_ANSWER).unwrap_or_default()
    }

    pub(super) fn write_known(&self, known: &Inspection) -> io::Result<()> {
        if let Some(instance) = &known.instance {
            self.write("instance.json.gz", &instance.json)?;
            if let Some(frames) = &instance.frames {
                self.write("instance.frames", frames)?;
            }
        }
        self.write_json("known.json", known)
    }

    pub(super) fn known(&self) -> Option<Inspection> {
        let mut known: Inspection = self.json("known.json")?;
        self.add_instance(&mut known);
        Some(known)
    }

    /// What [`Self::write_known`] has written beside the JSON.
    fn add_instance(&self, inspection: &mut Inspection) {
        if let Some(instance) = &mut inspection.instance {
            instance.json = self
                .read("instance.json.gz", MAX_ANSWER)
                .unwrap_or_default();
            instance.frames = self.read("instance.frames", MAX_ANSWER);
        }
        // A gzip file, whoever wrote it; what is in it is never read as anything but text for whoever may read the file.
        let is_one = |instance: &Instance| instance.json.starts_with(&[0x1F, 0x8B]);
        inspection.instance = inspection.instance.take().filter(is_one);
    }

    pub(super) fn write_inspection(&self, mut inspection: Inspection) -> io::Result<()> {
        if let Outcome::Picture(picture) = &mut inspection.outcome {
            self.write("thumbnail.jpg", &std::mem::take(&mut picture.thumbnail))?;
            self.write("preview.jpg", &std::mem::take(&mut picture.preview))?;
        }
        self.write_json("answer.json", &inspection)
    }

    pub(super) fn inspection(&self) -> Option<Inspection> {
        let mut inspection: Inspection = self.json("answer.json")?;
        self.add_instance(&mut inspection);
        if let Outcome::Picture(picture) = &mut inspection.outcome {
            picture.thumbnail = self.read("thumbnail.jpg", MAX_ANSWER)?;
            picture.preview = self.read("preview.jpg", MAX_ANSWER)?;
        }
        Some(inspection)
    }

    pub(super) fn write_picture(&self, answer: &Result<FramePicture, Reason>) -> io::Result<()> {
        if let Ok(picture) = answer {
            self.write("frame", &picture.bytes)?;
        }
        self.write_json("answer.json", answer)
    }

    /// The picture, if it is a file of the kind that was asked for, and its sides are at most those.
    pub(super) fn picture(
        &self,
        view: &View,
        limits: &Limits,
    ) -> Option<Result<FramePicture, Reason>> {
        let mut answer: Result<FramePicture, Reason> = self.json("answer.json")?;
        if let Ok(picture) = &mut answer {
            let most = view.longest_side().map_or(u16::MAX.into(), NonZeroU32::get);
            let fits = |side: u32| (1..=most).contains(&side);
            picture.bytes = self.read("frame", largest_frame(limits))?;
            let is_one = picture.bytes.starts_with(view.file.magic());
            if !is_one || !fits(picture.width) || !fits(picture.height) {
                return None;
            }
        }
        Some(answer)
    }

    pub(super) fn write_samples(&self, answer: &Result<StoredFrame, Reason>) -> io::Result<()> {
        if let Ok(frame) = answer {
            self.write("frame", &frame.bytes)?;
        }
        self.write_json("answer.json", answer)
    }

    /// The samples, if there are as many as the shape of the frame asks for.
    pub(super) fn samples(&self, limits: &Limits) -> Option<Result<StoredFrame, Reason>> {
        let mut answer: Result<StoredFrame, Reason> = self.json("answer.json")?;
        if let Ok(frame) = &mut answer {
            let length = frame.length()?;
            frame.bytes = self.read("frame", largest_frame(limits))?;
            if frame.bytes.len() as u64 != length {
                return None;
            }
        }
        Some(answer)
    }

    fn write_json(&self, name: &str, answer: &impl Serialize) -> io::Result<()> {
        self.write(name, &serde_json::to_vec(answer)?)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        fs::write(self.folder.join(name), bytes)
    }

    fn json<T: for<'de> Deserialize<'de>>(&self, name: &str) -> Option<T> {
        serde_json::from_slice(&self.read(name, MAX_ANSWER)?).ok()
    }

    /// The first `most` bytes of a file.
    fn read(&self, name: &str, most: u64) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        let file = File::open(self.folder.join(name)).ok()?;
        file.take(most).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `/dev/full` is always full.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_disk_without_room_for_an_answer_is_noticed() {
        let folder = tempfile::tempdir().expect("a folder");
        let answers = Answers::in_folder(folder.path());
        answers.have_room().expect("room");
        let probe = folder.path().join("probe");
        fs::remove_file(&probe).expect("the probe");
        std::os::unix::fs::symlink("/dev/full", &probe).expect("a link");
        let full = answers.have_room().expect_err("no room");
        assert_eq!(full.kind(), io::ErrorKind::StorageFull);
    }
}
