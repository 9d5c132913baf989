//! What the migrator moves, and what it tells of it.

/// Conflicts that are named; the others are counted.
const NAMED: usize = 100;

/// What an old table has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Patients: before the files that point at them.
    Patients,
    /// Records of files.
    Files,
    /// Entries of the access log.
    Log,
}

impl Kind {
    /// All there are, in the order in which they are moved.
    pub const ALL: [Self; 3] = [Self::Patients, Self::Files, Self::Log];

    /// What a person calls it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Patients => "patients",
            Self::Files => "files",
            Self::Log => "log entries",
        }
    }

    pub(super) fn row(self) -> &'static str {
        match self {
            Self::Patients => "migration#patients",
            Self::Files => "migration#files",
            Self::Log => "migration#log",
        }
    }
}

/// What became of the rows of one table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Copied.
    pub copied: u64,
    /// In the new table already.
    pub there: u64,
    /// Copied once more, because an older version of the service changed them after they had been copied.
    pub again: u64,
    /// Changed on both sides after they had been copied, or not readable: nothing was written.
    pub conflicts: u64,
    /// Ids of the first of these.
    pub conflicting: Vec<String>,
}

impl Counts {
    pub(super) fn add_page(&mut self, page: Self) {
        self.copied += page.copied;
        self.there += page.there;
        self.again += page.again;
        self.conflicts += page.conflicts;
        self.conflicting.extend(page.conflicting);
        self.conflicting.truncate(NAMED);
    }

    pub(super) fn conflict(&mut self, id: String) {
        self.conflicts += 1;
        if self.conflicting.len() < NAMED {
            self.conflicting.push(id);
        }
    }
}

/// What a run has done so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// By kind, in the order of [`Kind::ALL`]: of the first time through.
    pub copying: [Counts; 3],
    /// The same of the second time.
    pub checking: [Counts; 3],
    /// Rows that are in conflict in the end, also those that a run before this one has met.
    pub conflicts: u64,
    /// Milliseconds.
    pub took_ms: i64,
}

impl Report {
    /// Rows that were written.
    #[must_use]
    pub fn written(&self) -> u64 {
        let all = self.copying.iter().chain(&self.checking);
        all.map(|counts| counts.copied + counts.again).sum()
    }
}
