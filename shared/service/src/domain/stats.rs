//! What is counted: the difference a change makes to the counters of its owner.

use std::collections::BTreeMap;

use super::FileRecord;

/// Differences by counter name. Names: `total_files`, `total_size`, `type#DICOM`, `status#PROCESSED`, `modality#CT`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delta(BTreeMap<String, i64>);

impl Delta {
    /// What replacing `before` by `after` changes. A file in the trash counts nowhere.
    #[must_use]
    pub fn between(before: Option<&FileRecord>, after: Option<&FileRecord>) -> Self {
        let mut delta = Self::default();
        delta.count(before, -1);
        delta.count(after, 1);
        delta
    }

    /// Both changes together.
    pub fn add(&mut self, other: &Self) {
        for (name, change) in &other.0 {
            self.change(name.clone(), *change);
        }
    }

    /// Whether no counter changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Counter names and how much each changes; never zero.
    pub fn iter(&self) -> impl Iterator<Item = (&str, i64)> {
        self.0.iter().map(|(name, change)| (name.as_str(), *change))
    }

    fn count(&mut self, file: Option<&FileRecord>, sign: i64) {
        let Some(file) = file.filter(|file| !file.is_deleted()) else {
            return;
        };
        self.change("total_files".to_owned(), sign);
        self.change(
            "total_size".to_owned(),
            sign * i64::try_from(file.file_size).unwrap_or(i64::MAX),
        );
        self.change(format!("type#{}", file.file_type.name()), sign);
        self.change(format!("status#{}", file.status.name()), sign);
        if let Some(modality) = &file.modality {
            self.change(format!("modality#{modality}"), sign);
        }
    }

    fn change(&mut self, name: String, by: i64) {
        let sum = self.0.get(&name).copied().unwrap_or(0) + by;
        if sum == 0 {
            self.0.remove(&name);
        } else {
            self.0.insert(name, sum);
        }
    }
}

/// The counters of one owner (or of everybody), summed over their shards.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters(BTreeMap<String, i64>);

impl Counters {
    /// Adds `value` to the counter `name`.
    pub fn add(&mut self, name: &str, value: i64) {
        *self.0.entry(name.to_owned()).or_default() += value;
    }

    /// The value of one counter.
    #[must_use]
    pub fn get(&self, name: &str) -> i64 {
        self.0.get(name).copied().unwrap_or(0)
    }

    /// The counters below `prefix` (`type#`), without it; those at zero are left out.
    #[must_use]
    pub fn group(&self, prefix: &str) -> BTreeMap<String, i64> {
        self.0
            .iter()
            .filter(|(_, value)| **value != 0)
            .filter_map(|(name, value)| Some((name.strip_prefix(prefix)?.to_owned(), *value)))
            .collect()
    }
}
