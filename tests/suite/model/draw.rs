//! Draws the next step: mostly one that can succeed, often one that cannot.

use fastrand::Rng;
use functions::events::verify::Kind as Task;
use service::domain::Status;

use super::content::{Content, Kind};
use super::file::File;
use super::play::Play;
use super::step::{ADMIN, Act, Filter, New, Step};

/// Those who have files.
pub(super) const USERS: [i64; 3] = [1, 2, 3];

const MINUTE_MS: i64 = 60 * 1000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// What histories are made of.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Style {
    /// Of a hundred steps, so many are cut off by the death of a function.
    pub(super) cuts: u8,
    /// The profile of the weather.
    pub(super) weather: Option<&'static str>,
}

/// Draws steps from a seed.
pub(super) struct Draw {
    random: Rng,
    style: Style,
    labels: u32,
}

impl Draw {
    pub(super) fn new(seed: u64, style: Style) -> Self {
        Self {
            random: Rng::with_seed(seed),
            style,
            labels: 0,
        }
    }

    pub(super) fn step(&mut self, play: &Play) -> Step {
        let step = match self.random.u8(..100) {
            0..17 => self.create(),
            17..22 => self.clock(),
            22..34 => Step::Deliver {
                most: self.random.usize(1..=6),
                seed: self.random.u64(..),
            },
            34..39 => Step::Maintain {
                limit: (self.random.u8(..4) == 0).then(|| self.random.usize(1..4)),
            },
            39 => self.verify(),
            40..49 => self.look(play),
            _ => self.act_on_a_file(play),
        };
        if self.random.u8(..100) < self.style.cuts {
            let calls = self.random.u64(..14);
            return Step::Cut {
                calls,
                step: Box::new(step),
            };
        }
        step
    }

    fn verify(&mut self) -> Step {
        let tasks = [Task::Share, Task::Reconcile, Task::Rehash, Task::Recount];
        match self.random.usize(..=tasks.len()) {
            number if number < tasks.len() => Step::Verify {
                task: tasks[number],
            },
            _ => Step::Expire,
        }
    }

    fn create(&mut self) -> Step {
        let by = self.user();
        let act = if self.random.u8(..6) == 0 {
            let count = self.random.usize(2..=4);
            Act::CreateBatch((0..count).map(|_| self.new_file()).collect())
        } else {
            Act::Create(self.new_file())
        };
        Step::User { by, act }
    }

    fn new_file(&mut self) -> New {
        self.labels += 1;
        let kind = match self.random.u8(..50) {
            0 => Kind::Large,
            1..15 => Kind::Png,
            15..20 => Kind::Jpeg,
            20..25 => Kind::Tiff,
            25..37 => Kind::Dicom,
            37..44 => Kind::Other,
            _ => Kind::Junk,
        };
        New {
            label: self.labels,
            content: Content {
                kind,
                number: self.random.u8(..5),
            },
            patient: self.maybe_patient(),
            md5: self.random.u8(..3) == 0,
        }
    }

    fn maybe_patient(&mut self) -> Option<u8> {
        (self.random.u8(..4) == 0).then(|| self.random.u8(..3))
    }

    fn user(&mut self) -> i64 {
        USERS[self.random.usize(..USERS.len())]
    }

    fn clock(&mut self) -> Step {
        let ms = match self.random.u8(..10) {
            0..3 => self.random.i64(1..MINUTE_MS * 2),
            3..6 => self.random.i64(MINUTE_MS..2 * HOUR_MS),
            6 => self.random.i64(2 * HOUR_MS..2 * DAY_MS),
            7 => 3 * DAY_MS,
            8 => 80 * MINUTE_MS,
            _ => -HOUR_MS,
        };
        Step::Wait { ms }
    }

    fn look(&mut self, play: &Play) -> Step {
        let by = self.somebody();
        let statuses = ["UPLOADING", "UPLOADED", "PROCESSED", "FAILED", "ARCHIVED"];
        let types = ["DICOM", "JPEG", "PNG", "TIFF", "OTHER"];
        let act = match self.random.u8(..12) {
            0..3 => Act::Statistics,
            3 => Act::DeletePatient {
                patient: self.random.u8(..3),
            },
            4..6 => Act::PutPatient {
                patient: self.random.u8(..3),
            },
            other => Act::List {
                filter: match other {
                    6 => Filter::Mine,
                    7 => Filter::Trash,
                    8 => Filter::Status(statuses[self.random.usize(..5)]),
                    9 => Filter::Type(types[self.random.usize(..5)]),
                    10 => Filter::Patient(self.random.u8(..3)),
                    _ => Filter::Search(self.label(play)),
                },
                page_size: self.random.usize(1..=20),
            },
        };
        Step::User { by, act }
    }

    /// A user, or the administrator.
    fn somebody(&mut self) -> i64 {
        if self.random.u8(..5) == 0 {
            ADMIN
        } else {
            self.user()
        }
    }

    /// A file that is there; sometimes any.
    fn label(&mut self, play: &Play) -> u32 {
        let is_any = self.random.u8(..8) == 0;
        let files = play.files.values().filter(|file| is_any || file.is_there());
        let labels: Vec<u32> = files.map(|file| file.label).collect();
        if labels.is_empty() {
            0
        } else {
            labels[self.random.usize(..labels.len())]
        }
    }

    /// What takes a file further, or anything.
    fn act_on_a_file(&mut self, play: &Play) -> Step {
        let label = self.label(play);
        let Some(file) = play.files.get(&label) else {
            return self.create();
        };
        let by = match self.random.u8(..12) {
            0 => self.user(),
            1 => ADMIN,
            _ => file.owner,
        };
        let act = if self.random.u8(..10) < 7 {
            self.likely(file)
        } else {
            self.any(label)
        };
        Step::User { by, act }
    }

    fn likely(&mut self, file: &File) -> Act {
        let label = file.label;
        let number = self.random.u32(1..=2);
        let roll = self.random.u8(..10);
        if file.purge_at.is_some() {
            return Act::Restore { file: label };
        }
        match file.status {
            Status::Uploading if file.stored || file.parts.len() == 2 => {
                Act::Complete { file: label }
            }
            Status::Uploading if roll == 0 => Act::Abort { file: label },
            Status::Uploading if file.is_large() => Act::Part {
                file: label,
                number: if file.parts.contains(&number) {
                    3 - number
                } else {
                    number
                },
            },
            Status::Uploading => Act::Put { file: label },
            Status::Archived if roll < 6 => Act::Unarchive { file: label },
            Status::Processed if roll < 3 => Act::Archive { file: label },
            Status::Processed | Status::Archived if file.job.is_some() && roll < 5 => {
                Act::Job { file: label }
            }
            _ if roll < 6 => Act::Delete { file: label },
            _ if roll < 8 => Act::Download { file: label },
            _ => Act::Patch {
                file: label,
                patient: self.maybe_patient(),
                is_stale: false,
            },
        }
    }

    fn any(&mut self, file: u32) -> Act {
        match self.random.u8(..17) {
            0 => Act::Put { file },
            1 => Act::PutOthers { file },
            2 => Act::Part { file, number: 1 },
            3 => Act::Complete { file },
            4 => Act::Progress { file },
            5 => Act::Abort { file },
            6 => Act::View { file },
            7 => Act::Download { file },
            8 => Act::Url { file },
            9 => Act::Patch {
                file,
                patient: self.maybe_patient(),
                is_stale: self.random.bool(),
            },
            10 => Act::Delete { file },
            11 => Act::Restore { file },
            12 => Act::Archive { file },
            13 => Act::Job { file },
            14 => Act::CancelJob { file },
            15 => Act::Assign {
                file,
                patient: self.random.u8(..3),
            },
            _ => Act::Unarchive { file },
        }
    }
}
