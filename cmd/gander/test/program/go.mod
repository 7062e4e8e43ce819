module traced

go 1.23
