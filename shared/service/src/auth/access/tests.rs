//! Who may do what, as tables: a row is an action, a column is a file in some state and who asks for it.
//!
//! A cell says which entry the access log gets, `-` if the caller may do it without one, and `404` if the caller is told that there is no file.

use super::*;
use crate::auth::RequestInfo;
use crate::domain::Timestamp;
use crate::domain::new_file::tests::record;

const OWNER: i64 = 1;
const ACTIONS: [(&str, Action); 16] = [
    ("View", Action::View),
    ("Look", Action::Look),
    ("Follow", Action::Follow),
    ("List", Action::List),
    ("Download", Action::Download),
    ("Url", Action::Url),
    ("Upload", Action::Upload),
    ("Complete", Action::Complete),
    ("Abort", Action::Abort),
    ("Update", Action::Update),
    ("Delete", Action::Delete),
    ("Restore", Action::Restore),
    ("Archive", Action::Archive),
    ("Unarchive", Action::Unarchive),
    ("Purge", Action::Purge),
    ("ReadAccessLog", Action::ReadAccessLog),
];

#[test]
fn opening_a_file() {
    let files = [
        record(Status::Uploading),
        record(Status::Processed),
        in_the_trash(),
        being_purged(),
    ];
    let columns: Vec<(&FileRecord, Caller)> = files
        .iter()
        .flat_map(|file| [(file, owner()), (file, admin())])
        .collect();
    holds(
        "
                UPLOADING             PROCESSED             in the trash     being purged
                owner     admin       owner     admin       owner  admin     owner  admin
View            view      view        view      view        404    404       404    404
Look            view      view        view      view        404    404       404    404
Follow          -         view        -         view        404    404       404    404
List            list      list        list      list        404    404       404    404
Download        download  download    download  download    404    404       404    404
Url             url       url         url       url         404    404       404    404
Upload          -         upload      -         view        404    404       404    404
Complete        -         -           -         -           404    404       404    404
Abort           -         -           -         -           404    404       404    404
Update          -         -           -         -           404    404       404    404
Delete          -         -           -         -           404    404       404    404
Restore         404       404         404       404         -      -         404    404
Archive         -         -           -         -           404    404       404    404
Unarchive       -         -           -         -           404    404       404    404
Purge           -         -           -         -           404    404       404    404
ReadAccessLog   -         -           -         -           -      -         404    404
",
        |action| {
            let open = |(file, caller): &(&FileRecord, Caller)| match check(caller, action, file) {
                Ok(()) => name(entry_of_opening(caller, action, file)),
                Err(Error::NotFound) => "404",
                Err(error) => panic!("{action:?}: {error}"),
            };
            columns.iter().map(open).collect()
        },
    );
}

/// A change is logged with the change, by whoever makes it. An action that changed nothing has only shown the record.
#[test]
fn changing_an_opened_file() {
    let cases = [
        (owner(), true),
        (owner(), false),
        (admin(), true),
        (admin(), false),
    ];
    holds(
        "
                owner                 admin
                changed    nothing    changed    nothing
View            -          -          -          -
Look            -          -          -          -
Follow          -          -          -          -
List            -          -          -          -
Download        -          -          -          -
Url             -          -          -          -
Upload          -          -          -          -
Complete        complete   view       complete   view
Abort           abort      view       abort      view
Update          update     view       update     view
Delete          delete     view       delete     view
Restore         restore    view       restore    view
Archive         archive    view       archive    view
Unarchive       unarchive  view       unarchive  view
Purge           purge      view       purge      view
ReadAccessLog   -          -          -          -
",
        |action| {
            let change = |(caller, changed): &(Caller, bool)| {
                name(entry_of_change(
                    caller,
                    action,
                    &record(Status::Processed),
                    *changed,
                ))
            };
            cases.iter().map(change).collect()
        },
    );
}

#[test]
fn a_file_of_somebody_else_looks_like_none() {
    for file in [
        Status::ALL.map(record).to_vec(),
        vec![in_the_trash(), being_purged()],
    ]
    .concat()
    {
        for (name, action) in ACTIONS {
            let checked = check(&other(), action, &file);
            assert!(matches!(checked, Err(Error::NotFound)), "{name}: {file:?}");
        }
    }
}

#[test]
fn only_an_administrator_may_do_what_is_for_administrators() {
    assert!(require_admin(&admin()).is_ok());
    assert!(matches!(require_admin(&owner()), Err(Error::Forbidden(_))));
}

fn caller(id: i64, admin: bool) -> Caller {
    Caller {
        id,
        name: format!("user {id}"),
        admin,
        admin_by_token: admin,
        request: RequestInfo::default(),
    }
}

fn owner() -> Caller {
    caller(OWNER, false)
}

fn other() -> Caller {
    caller(2, false)
}

/// Not the owner.
fn admin() -> Caller {
    caller(3, true)
}

fn in_the_trash() -> FileRecord {
    let deleted = record(Status::Processed).deleted(OWNER, Timestamp(0), Timestamp(1));
    deleted.expect("deleted")
}

fn being_purged() -> FileRecord {
    in_the_trash().purged().expect("purged")
}

fn name(entry: Option<Action>) -> &'static str {
    entry.map_or("-", Action::name)
}

/// Checks `table`, below its two lines of headings: every action has one row.
fn holds(table: &str, cells: impl Fn(Action) -> Vec<&'static str>) {
    let rows: Vec<Vec<&str>> = table
        .lines()
        .skip(3)
        .map(|line| line.split_whitespace().collect())
        .collect();
    let found: Vec<Vec<&str>> = ACTIONS
        .into_iter()
        .map(|(name, action)| [vec![name], cells(action)].concat())
        .collect();
    for (found, row) in found.iter().zip(&rows) {
        assert_eq!(found, row);
    }
    assert_eq!(found.len(), rows.len());
}
