//! What a run answers: counts, and the first few of each, by id or key. Neither tells anything of a patient.

use serde::Serialize;

/// As many are named; the log names all of them.
const NAMED: usize = 20;

/// Something that was found, how often, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Found {
    #[expect(missing_docs, reason = "the name says it")]
    pub count: usize,
    /// The first of them: ids of files, or keys of objects.
    pub first: Vec<String>,
}

impl Found {
    pub(super) fn add(&mut self, what: &(impl ToString + ?Sized)) {
        self.count += 1;
        if self.first.len() < NAMED {
            self.first.push(what.to_string());
        }
    }
}

/// What a run did (or, dry, would have done).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Keys of the bucket that were compared with their records.
    pub objects: usize,
    /// Records that were compared with their objects.
    pub records: usize,
    /// Originals whose bytes were read and are those that were hashed.
    pub read: usize,
    /// Files whose version was covered, not alone or somewhere else: the record and the bucket have each other again.
    pub repaired: Found,
    /// Files whose bytes are nowhere.
    pub missing: Found,
    /// Files whose stored bytes are not those that were hashed, in any version.
    pub decayed: Found,
    /// Files whose stored bytes were decayed, and were found in another version.
    pub replaced: Found,
    /// Files of which it was said that they are damaged, and that are not any more.
    pub healed: Found,
    /// Files with versions that neither the record names nor this service has written: nothing removes them but the lifecycle rule.
    pub strange: Found,
    /// Objects that no record names, found by this run and put into quarantine.
    pub orphans: Found,
    /// Pictures that nothing names any more, removed.
    pub pictures: usize,
    /// Files too large to be read within one run.
    pub too_large: Found,
    /// What could not be found out; the next round tries again.
    pub failed: Found,
    /// Objects that were attached or discarded.
    pub released: Found,
    /// Everything in quarantine, after this run.
    pub quarantined: Found,
    /// Owners whose counters were compared with their rows.
    pub recounted: usize,
    /// Whose counters differed and were put right.
    pub counters: Found,
    /// Whose counters changed while they were compared: the next quiet run decides.
    pub busy: Found,
    /// Whether there is more to do than this run was allowed to do.
    pub more: bool,
    /// Where the next run goes on.
    pub next: Option<String>,
}
