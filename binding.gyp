{
  "targets": [
    {
      "target_name": "ringjail",
      "sources": [
        "native/addon.cc",
        "native/kernel_log_reader.cc",
        "native/nftables.cc",
        "native/route_gateways.cc",
        "native/service_manager.cc",
        "native/set_lookup.cc",
        "native/system_error.cc"
      ],
      "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")"],
      "defines": ["NAPI_VERSION=9", "NODE_ADDON_API_DISABLE_DEPRECATED"],
      "cflags": ["-Wall", "-Wextra", "-Wno-unused-parameter", "-O2", "-g"],
      "cflags_cc": ["-std=c++17", "-fexceptions"],
      "cflags_cc!": ["-fno-exceptions"],
      "libraries": ["<!@(pkg-config --libs libnftables libnftnl libmnl libsystemd)"]
    }
  ]
}
