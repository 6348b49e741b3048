module vigil/worse

go 1.24
