#include "trivet.h"
