//! The packed search: what lists ask and the indexes could only answer by reading every row of an owner.
//!
//! A space is packed when the table of folds has a catalog for it. Then everything its files look like is in one of three places, and moves from the
//! first to the last:
//!
//! 1. in a row of Changes, written in the transaction of the change itself ([`super::journal`]);
//! 2. in a row `tail#…` of Folds, written in the transaction of the fold that counts the change ([`tail`]), before the row of Changes is deleted;
//! 3. in a segment of the bucket, which the catalog names before the rows of the tail are deleted ([`pack`]).
//!
//! A question reads them in this order ([`ask`]), so it sees each change that was answered before it, perhaps twice; of each file the row of the highest
//! version counts. What a change overtook while the question was read may be shown as it was when the question came.
//!
//! Nothing has to be believed that was done by older versions of the service, or is damaged. A catalog has a drawn number, its *epoch*. A fold that keeps
//! a tail says in the head since which epoch every fold of its shard has done so; a fold that keeps none, because an older version runs it or because a
//! change does not say what its file looks like, writes a head without that. A question reads the heads after the rows that folds delete: if a head does
//! not name the epoch of the catalog, or a segment is not there, the indexes answer, as they do for a space without a catalog, and the space is packed
//! anew from the table ([`build`]). So what is lost or damaged costs time, and no answer.

mod ask;
mod build;
mod catalog;
mod pack;
pub(super) mod tail;

pub(super) use self::ask::{Seen, page, query};
pub use self::build::Built;
