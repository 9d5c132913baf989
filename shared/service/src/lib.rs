//! What more than one function needs: configuration, errors, access, domain, database, objects
