//! A folder that an older version wrote is brought up to date before anything is served.

use service::App;
use service::db::migrator::{Migrator, Options};
use service::db::rewrite::Rewrite;
use service::domain::schema;
use service::error;

use crate::database::Tables;
use crate::error::StartError;

/// Refuses a folder that a newer version of the program has written.
pub(super) fn refuse_newer(tables: &Tables) -> Result<(), StartError> {
    match tables.schema()? {
        Some(stored) if stored > schema::CURRENT => Err(StartError::Newer(stored, schema::CURRENT)),
        _ => Ok(()),
    }
}

/// Moves what is in the tables of an older version into the new ones. Killed meanwhile, it goes on at the next start.
pub(super) async fn move_old_rows(tables: &Tables, app: &App) -> Result<(), StartError> {
    match tables.schema()? {
        Some(schema::CURRENT) => return Ok(()),
        Some(_) => return rewrite(app).await,
        None => {}
    }
    let migrator = |options| Migrator::new(&app.files, options).map_err(|error| failed(&error));
    let counted = migrator(Options {
        dry_run: true,
        ..Options::default()
    })?;
    let counted = counted.run(|_| ()).await;
    let rows = counted.map_err(|error| failed(&error))?.written();
    if rows > 0 {
        let rows = grouped(rows);
        tracing::info!("moving {rows} records of an older version into the new tables");
    }
    let moved = migrator(Options::default())?.run(|_| ()).await;
    let moved = moved.map_err(|error| failed(&error))?;
    if moved.conflicts > 0 {
        return Err(StartError::NotMoved(moved.conflicts));
    }
    if rows > 0 {
        tracing::info!(
            "moved them in {} s; the old tables stay as they were",
            moved.took_ms / 1000
        );
    }
    match tables.schema()? {
        Some(schema::CURRENT) => Ok(()),
        _ => rewrite(app).await,
    }
}

/// Writes every record as this version writes it. Killed meanwhile, it goes on at the next start.
async fn rewrite(app: &App) -> Result<(), StartError> {
    let rewritten = Rewrite::new(&app.files, Options::default())
        .run(|_| ())
        .await;
    let rewritten = rewritten.map_err(|error| failed(&error))?;
    if rewritten.written > 0 {
        let rows = grouped(rewritten.written);
        tracing::info!("wrote {rows} records as this version writes them");
    }
    Ok(())
}

fn failed(cause: &error::Error) -> StartError {
    StartError::Move(error::chain(cause))
}

/// `1,234`
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .filter_map(|group| str::from_utf8(group).ok())
        .collect();
    groups.join(",")
}

#[cfg(test)]
mod tests {
    #[test]
    fn thousands_are_set_apart() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1234, "1,234"),
            (1_000_000, "1,000,000"),
        ] {
            assert_eq!(super::grouped(number), text);
        }
    }
}
