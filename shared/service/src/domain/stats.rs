//! What is counted: the difference a change makes to the counters of its owner.

use std::collections::BTreeMap;

use super::{FileRecord, Status, modality};

/// How the names of the counters of modalities begin.
const OF_MODALITY: &str = "modality#";

/// Differences by counter name. Names: `total_files`, `total_size`, `type#DICOM`, `status#PROCESSED`, `modality#CT`; of modalities only those of
/// a closed list, see [`modality`].
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
        self.change(of_status(file.status), sign);
        if let Some(modality) = &file.modality {
            self.change(of_modality(modality), sign);
        }
    }

    /// Changes one counter.
    pub fn change(&mut self, name: String, by: i64) {
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

/// The name of the counter of files of `status`.
#[must_use]
pub fn of_status(status: Status) -> String {
    format!("status#{}", status.name())
}

/// The name of the counter that `modality` counts in.
#[must_use]
pub fn of_modality(modality: &str) -> String {
    format!("{OF_MODALITY}{}", modality::counted_as(modality))
}

/// The counter that a counter of this name goes over into: older functions counted every modality by its own name.
#[must_use]
pub fn goes_over_into(name: &str) -> Option<String> {
    let kept = of_modality(name.strip_prefix(OF_MODALITY)?);
    (kept != name).then_some(kept)
}

impl Counters {
    /// Adds `value` to the counter `name`, or to the one it goes over into: whichever of the two a function knew, the sum is the same.
    pub fn add(&mut self, name: &str, value: i64) {
        let name = goes_over_into(name).unwrap_or_else(|| name.to_owned());
        *self.0.entry(name).or_default() += value;
    }

    /// What has to be added to these to make them `counted`.
    #[must_use]
    pub fn difference(&self, counted: &Self) -> Delta {
        let mut difference = Delta::default();
        for (name, value) in &counted.0 {
            difference.change(name.clone(), *value);
        }
        for (name, value) in &self.0 {
            difference.change(name.clone(), -value);
        }
        difference
    }

    /// The value of one counter.
    #[must_use]
    pub fn get(&self, name: &str) -> i64 {
        self.0.get(name).copied().unwrap_or(0)
    }

    /// Uploads that wait for their bytes.
    #[must_use]
    pub fn unfinished(&self) -> u64 {
        let counter = of_status(Status::Uploading);
        u64::try_from(self.get(&counter)).unwrap_or(0)
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

#[cfg(test)]
mod tests;
