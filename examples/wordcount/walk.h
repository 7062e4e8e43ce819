// SPDX-License-Identifier: Apache-2.0

// Listing folders. Symbolic links are never followed on the way; whoever names one on the command
// line means what it points to, as with grep -r. Names are bytes: white space and line feeds in
// them are nothing special.
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

namespace wordcount {

enum class kind { file, folder, link, special };

// The paths that one reader takes at a time; named: by the user, so links and fifos among them are
// meant.
struct batch {
  std::vector<std::string> paths;
  bool named = false;
};
inline constexpr std::size_t batch_size = 64;

inline kind kind_of_mode(mode_t mode) {
  if (S_ISREG(mode)) return kind::file;
  if (S_ISDIR(mode)) return kind::folder;
  return S_ISLNK(mode) ? kind::link : kind::special;
}

// What a path of the command line is; 0 or an errno.
inline int kind_of(const char* path, kind& result) {
  struct stat status;
  if (::stat(path, &status) != 0) return errno;
  result = kind_of_mode(status.st_mode);
  return 0;
}

inline std::string join(const std::string& folder, const char* name) {
  std::string path;
  path.reserve(folder.size() + 1 + std::strlen(name));
  path += folder;
  if (path.empty() || path.back() != '/') path += '/';
  return path += name;
}

// Calls visit(name, kind) for each entry of a folder. Returns 0, or the errno of what failed; the
// entries seen before remain visited.
template <class Visit>
int list_folder(const std::string& path, Visit visit) {
  DIR* const folder = ::opendir(path.c_str());
  if (folder == nullptr) return errno;
  int error = 0;
  for (;;) {
    errno = 0;
    const dirent* const found = ::readdir(folder);
    if (found == nullptr) {
      error = errno;
      break;
    }
    const char* const name = found->d_name;
    if (std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0) continue;
    // Most file systems tell the type here and spare a call per file.
    mode_t mode = DTTOIF(mode_t{found->d_type});
    struct stat status;
    if (found->d_type == DT_UNKNOWN &&
        ::fstatat(::dirfd(folder), name, &status, AT_SYMLINK_NOFOLLOW) == 0)
      mode = status.st_mode;
    visit(name, kind_of_mode(mode));
  }
  ::closedir(folder);
  return error;
}

}  // namespace wordcount
