{
  "targets": [
    {
      "target_name": "ringjail",
      "sources": [
        "native/addon.cc",
        "native/arguments.cc",
        "native/connection_cutter.cc",
        "native/conntrack_entries.cc",
        "native/cut_scope.cc",
        "native/datagram_reader.cc",
        "native/folded_search.cc",
        "native/journal_entry.cc",
        "native/journal_reader.cc",
        "native/journal_selection.cc",
        "native/kernel_log_reader.cc",
        "native/literal_automaton.cc",
        "native/match_engine.cc",
        "native/netfilter_monitor.cc",
        "native/netlink_socket.cc",
        "native/nftables.cc",
        "native/pattern.cc",
        "native/pattern_set.cc",
        "native/peer_credentials.cc",
        "native/prefilter.cc",
        "native/readiness.cc",
        "native/record_sieve.cc",
        "native/required_literals.cc",
        "native/route_gateways.cc",
        "native/route_monitor.cc",
        "native/service_manager.cc",
        "native/set_lookup.cc",
        "native/sigbus_guard.cc",
        "native/system_error.cc",
        "native/table_reader.cc",
        "native/tcp_sockets.cc",
        "native/to_valid_utf8.cc",
        "native/utf8.cc",
        "native/wake_timer.cc"
      ],
      "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")"],
      "defines": ["NAPI_VERSION=9", "NODE_ADDON_API_DISABLE_DEPRECATED", "NODE_ADDON_API_CPP_EXCEPTIONS_ALL"],
      "cflags": ["-Wall", "-Wextra", "-Wno-unused-parameter", "-O2", "-g"],
      "cflags_cc": ["-std=c++17", "-fexceptions"],
      "cflags_cc!": ["-fno-exceptions"],
      "libraries": ["<!@(pkg-config --libs libnftables libnftnl libmnl libpcre2-8 libsystemd)"]
    }
  ]
}
