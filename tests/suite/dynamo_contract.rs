//! What we rely on of DynamoDB, one function per behaviour, each given a [`target::Target`].
//!
//! They run against the embedded engine always, and against the one that `DYNAMO_CONTRACT_ENDPOINT` names when it is
//! set. Error codes are compared, never message texts.

mod batches;
mod capacity;
mod queries;
mod target;
mod transactions;
mod writes;

/// A test per behaviour: `contract! { module: function, function … }`.
macro_rules! contract {
    ($($module:ident: $($behaviour:ident),+;)+) => {
        $($(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $behaviour() {
                target::run(stringify!($behaviour), $module::$behaviour).await;
            }
        )+)+
    };
}

contract! {
    writes:
        a_put_can_insist_that_nothing_is_there,
        a_refused_write_tells_what_is_there,
        an_update_holds_only_under_its_condition,
        of_many_conditional_writers_one_wins,
        counters_lose_no_increment,
        a_delete_can_insist_on_what_is_there,
        numbers_keep_all_their_digits,
        an_item_over_400_kilobytes_is_refused,
        a_read_can_be_strongly_consistent;
    transactions:
        a_transaction_changes_all_or_nothing,
        the_reasons_of_a_refusal_are_in_the_order_of_the_writes,
        a_condition_check_guards_without_writing,
        repeating_a_token_changes_nothing_more,
        a_token_belongs_to_one_content,
        an_item_can_be_written_once_per_transaction,
        a_transaction_has_100_writes_at_most;
    queries:
        an_index_is_read_newest_first_in_pages,
        pages_go_in_both_directions,
        a_page_is_exact_under_concurrent_inserts,
        an_item_is_in_an_index_while_it_has_its_keys,
        a_limit_counts_before_the_filter,
        a_range_of_the_sort_key_is_read_alone,
        a_filter_compares_substrings_and_absent_attributes,
        a_count_returns_no_items,
        a_page_ends_at_a_megabyte_and_continues,
        an_index_cannot_be_read_strongly_consistent;
    batches:
        a_batch_writes_and_deletes_25_items_at_most,
        a_batch_reads_100_items_at_most_and_leaves_out_absent_ones,
        a_key_cannot_be_named_twice_in_a_batch;
    capacity:
        a_write_costs_its_kilobytes_and_those_of_its_indexes,
        a_read_costs_its_four_kilobytes_and_half_when_eventual,
        a_filtered_query_costs_what_it_looked_at,
        a_transaction_costs_twice;
}
