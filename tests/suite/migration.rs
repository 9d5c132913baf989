//! What an older version wrote: it is read where it is, moved once, and lost never.

mod moving;
mod reading;
mod rewriting;
mod world;
