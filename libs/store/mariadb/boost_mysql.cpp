// Boost.MySQL compiled once, here: every other file of the folder sees declarations only. Asio's
// own unit is that of libs/http (vigil_beast).
#include <boost/mysql/src.hpp>
