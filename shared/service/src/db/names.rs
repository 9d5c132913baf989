//! Patients and users by name: what their lists ask and an index could only answer by reading every row.
//!
//! A list is immutable pieces in the bucket (`packed::names`), a catalog that says which of them count, and a *tail*: a row for everybody whose name
//! changed since the pieces were written. Tail and catalog are in a table of their own. The row of the tail is written in the transaction of the change
//! itself, under the key of the person, so it is always the newest there is of them, whatever clocks say, and nobody has two.
//!
//! - **A question** ([`ask`]) reads the tail, then the catalog, then the pieces: what a merge takes out of the tail is in the catalog before. Then it
//!   reads the rows of the page by their keys, and shows whoever is still called so.
//! - **A merge** ([`merge`]) reads the catalog, then the tail, writes the pieces that change, then the catalog on condition that it is the one that was
//!   read, and takes out of the tail what did not change meanwhile. It may stop anywhere: what is packed and still in the tail is packed again.
//! - **A build** ([`build`]) makes the list from the index of the table. As long as it goes on nothing is merged, so whatever the index does not know yet
//!   is in the tail. The catalog says how far it is.
//!
//! A list that is not there, not whole, or being built answers nothing: then the index does, as before. So what is lost or damaged costs time, and no
//! answer. The table came with this version of the service, so whoever goes back to an older one, whose changes tell nothing here, and forward again
//! gets an empty table, and a new list.

mod ask;
mod build;
mod catalog;
mod merge;
mod tail;

use std::fmt::{Display, Formatter};
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use packed::names::{Names, Order};
use serde::{Deserialize, Serialize};

use super::segments::Segments;
use crate::bucket::Bucket;
use crate::clock::Clock;
use crate::config::Config;

pub(super) use ask::Seen;
pub use build::Tended;
pub(super) use tail::told;

/// Whose names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum People {
    /// In the order of their ids.
    Patients,
    /// By name.
    Users,
}

impl People {
    /// All lists.
    pub const ALL: [Self; 2] = [Self::Patients, Self::Users];

    fn order(self) -> Order {
        match self {
            Self::Patients => Order::Key,
            Self::Users => Order::Text,
        }
    }
}

/// As the table and the bucket call them.
impl Display for People {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Patients => "patients",
            Self::Users => "users",
        })
    }
}

/// The lists.
#[derive(Clone, Debug)]
pub struct Lists {
    client: Client,
    config: Arc<Config>,
    clock: Clock,
    pieces: Segments<Names>,
}

impl Lists {
    /// In the table that the configuration names, and the bucket.
    #[must_use]
    pub fn new(client: Client, config: Arc<Config>, clock: Clock, bucket: Bucket) -> Self {
        Self {
            client,
            config,
            clock,
            pieces: Segments::new(bucket),
        }
    }
}
