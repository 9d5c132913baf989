//! What changes make of studies, as an attribute of a row.

use aws_sdk_dynamodb::types::AttributeValue;

use super::Item;
use crate::domain::tally::Step;
use crate::error::Error;

pub(super) fn attribute(steps: &[Step]) -> Result<AttributeValue, Error> {
    serde_dynamo::to_attribute_value(steps).map_err(Error::internal)
}

/// Steps of an item that has them under `name`; an older version of the service writes none.
pub(super) fn read(item: &Item, name: &str) -> Result<Vec<Step>, Error> {
    let Some(steps) = item.get(name) else {
        return Ok(Vec::new());
    };
    serde_dynamo::from_attribute_value(steps.clone()).map_err(Error::internal)
}
