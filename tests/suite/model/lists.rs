//! Lists and statistics, against the files that the model knows.

use http::Method;
use serde_json::Value;

use super::file::{File, patient_id};
use super::play::{Play, Verdict, expect, same};
use super::step::{ADMIN, Filter};
use crate::harness::recount;

/// Folds that may fail one after the other in the worst weather: if half of all calls fail, a function has soon used up what its SDK may try again
/// (`aws::own_attempts`). The first fold of a space makes eight calls, so one in 256 succeeds then. A stream tries for a day.
const FOLDS: usize = 5000;

impl Play {
    /// A list, page after page by its cursor: exactly the files that belong into it, newest first.
    pub(super) async fn list(&mut self, by: i64, filter: Filter, page_size: usize) -> Verdict {
        self.catch_up(by).await?;
        let path = path_of(by, filter);
        let Some(items) = self.all(by, &path, page_size).await? else {
            return Ok(());
        };
        let expected = self.expected(by, filter);
        if ids(&items) != expected {
            return Err(format!(
                "{path} of {by} has the files {:?}, not {:?}",
                self.labels(&ids(&items)),
                self.labels(&expected)
            ));
        }
        for item in &items {
            let file = self.files.values().find(|file| item["id"] == file.id);
            if let Some(file) = file.filter(|file| !file.interrupted) {
                file.compare(item)?;
            }
        }
        Ok(())
    }

    /// Every item of a list; `None` if a request was lost.
    pub(super) async fn all(
        &mut self,
        by: i64,
        path: &str,
        page_size: usize,
    ) -> Result<Option<Vec<Value>>, String> {
        let join = if path.contains('?') { '&' } else { '?' };
        let first = format!("{path}{join}page_size={page_size}");
        let (mut items, mut next) = (Vec::new(), first.clone());
        loop {
            let page = self.world.ask(by, Method::GET, &next, None).await;
            if page.is_lost() {
                return Ok(None);
            }
            expect(&page, 200, "")?;
            items.extend(page.json["items"].as_array().into_iter().flatten().cloned());
            let Some(cursor) = page.json["next_cursor"].as_str() else {
                same(&page.json["total"], &items.len().into(), "the total")?;
                return Ok(Some(items));
            };
            next = format!("{first}&cursor={cursor}");
        }
    }

    /// Lists may be behind by as much as an index is, and what an administrator is told of everybody by a fold.
    pub(super) async fn catch_up(&mut self, by: i64) -> Verdict {
        if let Some(weather) = &self.world.weather {
            let lag = weather.profile().tables.lag.as_millis();
            let lag = i64::try_from(lag).expect("a short time");
            self.world.clock.advance(lag + 1);
        }
        if by != ADMIN {
            return Ok(());
        }
        // What fails is tried again, as a stream does, and nobody waits for its pauses here.
        let mut last = None;
        for _ in 0..FOLDS {
            self.world.operations += 1;
            match self.world.stack.fold().await {
                Ok(_) => return Ok(()),
                Err(error) if !self.is_rough => return Err(format!("a fold failed: {error}")),
                Err(error) => last = Some(error),
            }
        }
        Err(format!("folds fail all the time: {last:?}"))
    }

    fn expected(&self, by: i64, filter: Filter) -> Vec<u64> {
        let belongs = |file: &&File| match filter {
            Filter::Trash => file.is_there() && file.purge_at.is_some() && file.owner == by,
            Filter::Mine => file.is_live() && file.owner == by,
            _ => {
                file.is_shown_to(by)
                    && match filter {
                        Filter::Status(status) => file.status.name() == status,
                        Filter::Type(name) => file.content.type_name(file.is_hashed()) == name,
                        Filter::Search(label) => found_by(file, label),
                        Filter::Patient(patient) => file.patient == Some(patient),
                        Filter::Mine | Filter::Trash => true,
                    }
            }
        };
        let mut ids: Vec<u64> = self
            .files
            .values()
            .filter(belongs)
            .map(|file| file.id)
            .collect();
        ids.sort_unstable_by(|a, b| b.cmp(a));
        ids
    }

    fn labels(&self, ids: &[u64]) -> Vec<Option<u32>> {
        let label = |id: &u64| self.files.values().find(|file| file.id == *id);
        ids.iter()
            .map(|id| label(id).map(|file| file.label))
            .collect()
    }

    /// The caller's statistics are a recount of the caller's list, and an administrator's of everybody's.
    pub(super) async fn statistics(&mut self, by: i64) -> Verdict {
        self.catch_up(by).await?;
        let scopes: &[_] = if by == ADMIN {
            &[
                ("/image-files", "?scope=all"),
                ("/image-files/my-images", ""),
            ]
        } else {
            &[("/image-files/my-images", "")]
        };
        for (list, scope) in scopes {
            let Some(files) = self.all(by, list, 100).await? else {
                return Ok(());
            };
            let path = format!("/image-files/stats/summary{scope}");
            let found = self.world.ask(by, Method::GET, &path, None).await;
            if !found.is_lost() {
                same(&found.json, &recount::summary(&files), &path)?;
            }
        }
        Ok(())
    }
}

/// Whether the text `f<label>` is in the name or the description.
fn found_by(file: &File, label: u32) -> bool {
    let text = format!("f{label}");
    let description = file.description.as_deref().unwrap_or_default();
    file.name().contains(&text) || description.contains(&text)
}

fn path_of(by: i64, filter: Filter) -> String {
    let all = "/image-files";
    match filter {
        Filter::Mine => "/image-files/my-images".to_owned(),
        Filter::Trash => "/image-files/trash".to_owned(),
        Filter::Status(status) if by == ADMIN => format!("{all}?status={status}"),
        Filter::Status(status) => format!("/image-files/my-images?status={status}"),
        Filter::Type(name) => format!("{all}?file_type={name}"),
        Filter::Search(label) => format!("{all}?search=f{label}"),
        Filter::Patient(patient) => format!("/image-files/patient/{}", patient_id(patient)),
    }
}

/// The `id` of each item of a list.
fn ids(items: &[Value]) -> Vec<u64> {
    let ids = items.iter().filter_map(|item| item["id"].as_u64());
    ids.collect()
}
